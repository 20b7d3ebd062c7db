import * as z from "zod/mini";

/**
 * Kinds of settings that several classes share. Defaults are diffusers', for settings that a file does not name. Bounds lie far beyond
 * what checkpoints have, so that a file cannot decide how much memory and time a run takes.
 */

export const trainSteps = z._default(z.int().check(z.positive(), z.maximum(100_000)), 1000);
export const number = z.number().check(z.minimum(-1e6), z.maximum(1e6));
export const positive = z.number().check(z.positive(), z.maximum(1e6));
/** A noise level, where a file may leave it to the schedule. */
const level = z.nullish(positive);
export const chosen = z.nullish(z.boolean());
export const BETA_SCHEDULES = ["linear", "scaled_linear", "squaredcos_cap_v2"] as const;
export const beta = z.number().check(z.minimum(0), z.lt(1));

/** What every class but those of flows reads: how much noise each training timestep has. */
export const noise = {
	num_train_timesteps: trainSteps,
	beta_start: z._default(beta, 0.0001),
	beta_end: z._default(beta, 0.02),
	beta_schedule: z._default(z.enum(BETA_SCHEDULES), "linear"),
	trained_betas: z.nullish(z.array(beta).check(z.maxLength(100_000))),
	steps_offset: z._default(z.int().check(z.minimum(0), z.maximum(100_000)), 0),
};

export const spacing = z.enum(["linspace", "leading", "trailing"]);
export const prediction = z._default(z.enum(["epsilon", "sample", "v_prediction"]), "epsilon");
export const zeroSnr = z._default(z.boolean(), false);
export const finalSigmas = z._default(z.enum(["zero", "sigma_min"]), "zero");

/** A denoiser that learned its variance gives twice the channels, which no model here does. */
const fixedVariance = z.nullish(
	z.string().check(
		z.maxLength(100),
		z.refine((type) => !type.startsWith("learned"), "a variance that was not learned"),
	),
);

export const orders = z.union([z.literal(1), z.literal(2), z.literal(3)]);

/** What an estimate of the noiseless sample is limited by. */
export const thresholding = {
	thresholding: chosen,
	dynamic_thresholding_ratio: z._default(z.number().check(z.minimum(0), z.maximum(1)), 0.995),
	sample_max_value: z._default(positive, 1),
};
export const clipping = { clip_sample_range: z._default(positive, 1) };

/** How a flow's shift follows from a picture's size. */
export const shifting = {
	use_dynamic_shifting: chosen,
	time_shift_type: z._default(z.enum(["exponential", "linear"]), "exponential"),
	base_shift: z._default(number, 0.5),
	max_shift: z._default(number, 1.15),
	base_image_seq_len: z._default(z.int().check(z.positive(), z.maximum(1e9)), 256),
	max_image_seq_len: z._default(z.int().check(z.positive(), z.maximum(1e9)), 4096),
};
/** From what part of a level on a flow's steps end. */
export const terminal = z.nullish(z.number().check(z.minimum(0), z.lt(1)));

/** What samplers in σ have in common. */
export const inSigma = {
	...noise,
	timestep_spacing: z._default(spacing, "linspace"),
	prediction_type: prediction,
	sigma_min: level,
	sigma_max: level,
};

/** What solvers in λ have in common. */
export const inLambda = {
	...inSigma,
	...thresholding,
	...shifting,
	prediction_type: z._default(z.enum(["epsilon", "sample", "v_prediction", "flow_prediction"]), "epsilon"),
	use_flow_sigmas: chosen,
	flow_shift: z._default(positive, 1),
	lower_order_final: z._default(z.boolean(), true),
};

/** What some of them read besides. */
export const clipped = {
	// JSON has no −∞, diffusers' default: readers of its files give null or leave it out.
	lambda_min_clipped: z.nullish(number),
	variance_type: fixedVariance,
};

type Config = Record<string, unknown>;

/** A rule that settings keep together, told of the field `path`. */
export const together = (path: string, error: string, holds: (config: Config) => boolean) => ({ path, error, holds });

/** Settings with another spacing of a run's levels between its first and its last, one at most; and other rules. */
export function respaced<S extends z.core.$ZodShape>(shape: S, ...rules: ReturnType<typeof together>[]) {
	const spacings = { use_karras_sigmas: chosen, use_exponential_sigmas: chosen, use_beta_sigmas: chosen };
	const names = Object.keys(spacings);
	const one = together("use_karras_sigmas", `only one of ${names.join(", ")}`, (config) => {
		return names.filter((name) => config[name]).length < 2;
	});
	return ruled({ ...shape, ...spacings }, one, ...rules);
}

/** Settings that keep rules together. */
export function ruled<S extends z.core.$ZodShape>(shape: S, ...rules: ReturnType<typeof together>[]) {
	return rules.reduce(
		(schema, { path, error, holds }) =>
			schema.check(z.refine((config) => holds(config as Config), { path: [path], error })),
		z.object(shape),
	);
}
