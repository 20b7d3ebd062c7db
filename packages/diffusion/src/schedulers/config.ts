import { CheckpointError, shown } from "@drum/tensor";
import { z } from "zod";
import {
	chosen,
	finalSigmas,
	fixedVariance,
	level,
	noise,
	number,
	positive,
	prediction,
	respaced,
	spacing,
	trainSteps,
	zeroSnr,
} from "./setting-kinds.ts";

const off = z.literal(false).nullish();

/** scheduler_config.json by class. Settings that a class does not have are left out; values not supported here are refused. */
export const SCHEDULER_CONFIGS = {
	DDIMScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z.boolean().default(true),
		clip_sample_range: positive.default(1),
		set_alpha_to_one: z.boolean().default(true),
		thresholding: off,
	}),
	PNDMScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("leading"),
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
		skip_prk_steps: z.boolean().default(false),
		set_alpha_to_one: z.boolean().default(false),
	}),
	EulerDiscreteScheduler: respaced({
		...noise,
		timestep_spacing: spacing.default("linspace"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		interpolation_type: z.literal("linear").default("linear"),
		timestep_type: z.literal("discrete").default("discrete"),
		sigma_min: level,
		sigma_max: level,
		final_sigmas_type: finalSigmas,
	}),
	EulerAncestralDiscreteScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("linspace"),
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
		rescale_betas_zero_snr: zeroSnr,
	}),
	DPMSolverMultistepScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("linspace"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		algorithm_type: z.literal("dpmsolver++").default("dpmsolver++"),
		solver_order: z.union([z.literal(1), z.literal(2)]).default(2),
		solver_type: z.enum(["midpoint", "heun"]).default("midpoint"),
		lower_order_final: z.boolean().default(true),
		euler_at_final: z.boolean().default(false),
		use_karras_sigmas: chosen,
		use_exponential_sigmas: off,
		use_beta_sigmas: off,
		use_lu_lambdas: off,
		use_flow_sigmas: off,
		thresholding: off,
		variance_type: fixedVariance,
		// JSON has no −∞, diffusers' default: readers of its files give null or leave it out.
		lambda_min_clipped: number.nullish(),
		sigma_min: level,
		sigma_max: level,
		final_sigmas_type: finalSigmas,
	}),
	FlowMatchEulerDiscreteScheduler: respaced({
		num_train_timesteps: trainSteps,
		shift: positive.default(1),
		use_dynamic_shifting: z.boolean().default(false),
		time_shift_type: z.enum(["exponential", "linear"]).default("exponential"),
		base_shift: number.default(0.5),
		max_shift: number.default(1.15),
		base_image_seq_len: z.int().positive().max(1e9).default(256),
		max_image_seq_len: z.int().positive().max(1e9).default(4096),
		shift_terminal: z.number().min(0).lt(1).nullish(),
		invert_sigmas: z.boolean().default(false),
		stochastic_sampling: z.boolean().default(false),
	}).refine((config) => config.max_image_seq_len !== config.base_image_seq_len, {
		path: ["max_image_seq_len"],
		error: "another than base_image_seq_len",
	}),
} as const;

export type SchedulerClass = keyof typeof SCHEDULER_CONFIGS;
export type ConfigOf<C extends SchedulerClass> = z.infer<(typeof SCHEDULER_CONFIGS)[C]>;
export type DdimConfig = ConfigOf<"DDIMScheduler">;
export type PndmConfig = ConfigOf<"PNDMScheduler">;
export type EulerConfig = ConfigOf<"EulerDiscreteScheduler">;
export type EulerAncestralConfig = ConfigOf<"EulerAncestralDiscreteScheduler">;
export type DpmSolverConfig = ConfigOf<"DPMSolverMultistepScheduler">;
export type FlowMatchEulerConfig = ConfigOf<"FlowMatchEulerDiscreteScheduler">;

type Settings = Readonly<Record<string, unknown>>;

/** Values that a file of another class may have, and what diffusers takes them for. */
const READ_AS: { readonly [C in SchedulerClass]?: Readonly<Record<string, Readonly<Record<string, string>>>> } = {
	DPMSolverMultistepScheduler: {
		solver_type: { logrho: "midpoint", bh1: "midpoint", bh2: "midpoint" },
		algorithm_type: { deis: "dpmsolver++" },
	},
};

/** The settings with those values that the class takes for others in their place. */
export function readAs(name: SchedulerClass, settings: Settings): Settings {
	const read = Object.entries(READ_AS[name] ?? {}).flatMap(([field, values]) => {
		const value = settings[field];
		return typeof value === "string" && Object.hasOwn(values, value) ? [[field, values[value]]] : [];
	});
	return { ...settings, ...Object.fromEntries(read) };
}

export function isSupported(name: unknown): name is SchedulerClass {
	return typeof name === "string" && Object.hasOwn(SCHEDULER_CONFIGS, name);
}

/** The value that a class has for a setting which its file does not name; undefined where it has no such setting. */
export function defaultOf(name: SchedulerClass, setting: string): unknown {
	return (SCHEDULER_CONFIGS[name].parse({}) as Settings)[setting];
}

/** @throws CheckpointError that names the first setting which this class does not take, and `names` to choose another sampler from. */
export function parseSchedulerConfig<C extends SchedulerClass>(
	name: C,
	settings: Settings,
	names: readonly string[],
): ConfigOf<C> {
	const result = SCHEDULER_CONFIGS[name].safeParse(readAs(name, settings));
	if (result.success) return result.data as ConfigOf<C>;
	const issue = result.error.issues[0]!;
	const field = String(issue.path[0]);
	throw new CheckpointError({
		what: `${field} in scheduler_config.json`,
		expected: `what ${name} supports here (${issue.message})`,
		found: shown(settings[field]),
		...(names.length > 0 && { next: `Choose another scheduler by name: ${names.join(", ")}` }),
		cause: result.error,
	});
}
