import { CheckpointError, shown } from "@drum/tensor";
import { z } from "zod";

/** Defaults here and below are diffusers', for settings that a file does not name. */
const trainSteps = z.int().positive().default(1000);
/** What every class but those of flows reads. */
const noise = {
	num_train_timesteps: trainSteps,
	beta_start: z.number().positive().default(0.0001),
	beta_end: z.number().positive().default(0.02),
	beta_schedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).default("linear"),
	trained_betas: z.array(z.number()).nullish(),
	steps_offset: z.int().default(0),
};
const spacing = z.enum(["linspace", "leading", "trailing"]);
const prediction = z.enum(["epsilon", "sample", "v_prediction"]).default("epsilon");
const zeroSnr = z.boolean().default(false);
const off = z.literal(false).nullish();
const finalSigmas = z.enum(["zero", "sigma_min"]).default("zero");
const chosen = z.boolean().nullish();

/** Settings with another spacing of a run's levels between its first and its last, one at most. */
function respaced<S extends z.ZodRawShape>(shape: S) {
	const spacings = { use_karras_sigmas: chosen, use_exponential_sigmas: chosen, use_beta_sigmas: chosen };
	const names = Object.keys(spacings);
	return z
		.object({ ...shape, ...spacings })
		.refine((config: Record<string, unknown>) => names.filter((name) => config[name]).length < 2, {
			path: ["use_karras_sigmas"],
			error: `only one of ${names.join(", ")}`,
		});
}

/** A file of DEIS or UniPC names these; DPM-Solver takes them as "midpoint". */
const ofOtherSolvers = (value: unknown) => (["logrho", "bh1", "bh2"].includes(String(value)) ? "midpoint" : value);

/** scheduler_config.json by class. Settings that a class does not have are left out; values not supported here are refused. */
export const SCHEDULER_CONFIGS = {
	DDIMScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z.boolean().default(true),
		clip_sample_range: z.number().positive().default(1),
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
		sigma_min: z.number().positive().nullish(),
		sigma_max: z.number().positive().nullish(),
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
		solver_type: z.preprocess(ofOtherSolvers, z.enum(["midpoint", "heun"]).default("midpoint")),
		lower_order_final: z.boolean().default(true),
		euler_at_final: z.boolean().default(false),
		use_karras_sigmas: chosen,
		use_exponential_sigmas: off,
		use_beta_sigmas: off,
		use_lu_lambdas: off,
		use_flow_sigmas: off,
		thresholding: off,
		variance_type: z.null().optional(),
		// JSON has no −∞, diffusers' default: readers of its files give null or leave it out.
		lambda_min_clipped: z.number().nullish(),
		final_sigmas_type: finalSigmas,
	}),
	FlowMatchEulerDiscreteScheduler: respaced({
		num_train_timesteps: trainSteps,
		shift: z.number().positive().default(1),
		use_dynamic_shifting: z.boolean().default(false),
		time_shift_type: z.enum(["exponential", "linear"]).default("exponential"),
		base_shift: z.number().default(0.5),
		max_shift: z.number().default(1.15),
		base_image_seq_len: z.int().positive().default(256),
		max_image_seq_len: z.int().positive().default(4096),
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

/** @throws CheckpointError that names the first setting which this class does not take. */
export function parseSchedulerConfig<C extends SchedulerClass>(
	name: C,
	settings: Record<string, unknown>,
): ConfigOf<C> {
	const result = SCHEDULER_CONFIGS[name].safeParse(settings);
	if (result.success) return result.data as ConfigOf<C>;
	const issue = result.error.issues[0]!;
	const field = String(issue.path[0]);
	throw new CheckpointError({
		what: `${field} in scheduler_config.json`,
		expected: `what ${name} supports here (${issue.message})`,
		found: shown(settings[field]),
		next: "Choose another scheduler for this checkpoint by name",
		cause: result.error,
	});
}
