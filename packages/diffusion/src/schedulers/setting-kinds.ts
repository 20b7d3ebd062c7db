import * as z from "zod";

/**
 * Kinds of settings that several classes share. Defaults are diffusers', for settings that a file does not name. Bounds lie far beyond
 * what checkpoints have, so that a file cannot decide how much memory and time a run takes.
 */

export const trainSteps = z.int().positive().max(100_000).default(1000);
export const number = z.number().min(-1e6).max(1e6);
export const positive = z.number().positive().max(1e6);
/** A noise level, where a file may leave it to the schedule. */
const level = positive.nullish();
export const chosen = z.boolean().nullish();
export const BETA_SCHEDULES = ["linear", "scaled_linear", "squaredcos_cap_v2"] as const;
export const beta = z.number().min(0).lt(1);

/** What every class but those of flows reads: how much noise each training timestep has. */
export const noise = {
	num_train_timesteps: trainSteps,
	beta_start: beta.default(0.0001),
	beta_end: beta.default(0.02),
	beta_schedule: z.enum(BETA_SCHEDULES).default("linear"),
	trained_betas: z.array(beta).max(100_000).nullish(),
	steps_offset: z.int().min(0).max(100_000).default(0),
};

export const spacing = z.enum(["linspace", "leading", "trailing"]);
export const prediction = z.enum(["epsilon", "sample", "v_prediction"]).default("epsilon");
export const zeroSnr = z.boolean().default(false);
export const finalSigmas = z.enum(["zero", "sigma_min"]).default("zero");

/** A denoiser that learned its variance gives twice the channels, which no model here does. */
const fixedVariance = z
	.string()
	.max(100)
	.refine((type) => !type.startsWith("learned"), "a variance that was not learned")
	.nullish();

export const orders = z.union([z.literal(1), z.literal(2), z.literal(3)]);

/** What an estimate of the noiseless sample is limited by. */
export const thresholding = {
	thresholding: chosen,
	dynamic_thresholding_ratio: z.number().min(0).max(1).default(0.995),
	sample_max_value: positive.default(1),
};
export const clipping = { clip_sample_range: positive.default(1) };

/** How a flow's shift follows from a picture's size. */
export const shifting = {
	use_dynamic_shifting: chosen,
	time_shift_type: z.enum(["exponential", "linear"]).default("exponential"),
	base_shift: number.default(0.5),
	max_shift: number.default(1.15),
	base_image_seq_len: z.int().positive().max(1e9).default(256),
	max_image_seq_len: z.int().positive().max(1e9).default(4096),
};
/** From what part of a level on a flow's steps end. */
export const terminal = z.number().min(0).lt(1).nullish();

/** What samplers in σ have in common. */
export const inSigma = {
	...noise,
	timestep_spacing: spacing.default("linspace"),
	prediction_type: prediction,
	sigma_min: level,
	sigma_max: level,
};

/** What solvers in λ have in common. */
export const inLambda = {
	...inSigma,
	...thresholding,
	...shifting,
	prediction_type: z.enum(["epsilon", "sample", "v_prediction", "flow_prediction"]).default("epsilon"),
	use_flow_sigmas: chosen,
	flow_shift: positive.default(1),
	lower_order_final: z.boolean().default(true),
};

/** What some of them read besides. */
export const clipped = {
	// JSON has no −∞, diffusers' default: readers of its files give null or leave it out.
	lambda_min_clipped: number.nullish(),
	variance_type: fixedVariance,
};

type Config = Record<string, unknown>;

/** A rule that settings keep together, told of the field `path`. */
export const together = (path: string, error: string, holds: (config: Config) => boolean) => ({ path, error, holds });

/** Settings with another spacing of a run's levels between its first and its last, one at most; and other rules. */
export function respaced<S extends z.ZodRawShape>(shape: S, ...rules: ReturnType<typeof together>[]) {
	const spacings = { use_karras_sigmas: chosen, use_exponential_sigmas: chosen, use_beta_sigmas: chosen };
	const names = Object.keys(spacings);
	const one = together("use_karras_sigmas", `only one of ${names.join(", ")}`, (config) => {
		return names.filter((name) => config[name]).length < 2;
	});
	return ruled({ ...shape, ...spacings }, one, ...rules);
}

/** Settings that keep rules together. */
export function ruled<S extends z.ZodRawShape>(shape: S, ...rules: ReturnType<typeof together>[]) {
	return rules.reduce(
		(schema, { path, error, holds }) => schema.refine((config) => holds(config as Config), { path: [path], error }),
		z.object(shape),
	);
}
