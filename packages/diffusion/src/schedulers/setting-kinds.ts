import { z } from "zod";

/**
 * Kinds of settings that several classes share. Defaults are diffusers', for settings that a file does not name. Bounds lie far beyond
 * what checkpoints have, so that a file cannot decide how much memory and time a run takes.
 */

export const trainSteps = z.int().positive().max(100_000).default(1000);
export const number = z.number().min(-1e6).max(1e6);
export const positive = z.number().positive().max(1e6);
/** A noise level, where a file may leave it to the schedule. */
export const level = positive.nullish();
export const chosen = z.boolean().nullish();
const beta = z.number().min(0).lt(1);

/** What every class but those of flows reads: how much noise each training timestep has. */
export const noise = {
	num_train_timesteps: trainSteps,
	beta_start: beta.default(0.0001),
	beta_end: beta.default(0.02),
	beta_schedule: z.enum(["linear", "scaled_linear", "squaredcos_cap_v2"]).default("linear"),
	trained_betas: z.array(beta).max(100_000).nullish(),
	steps_offset: z.int().min(0).max(100_000).default(0),
};

export const spacing = z.enum(["linspace", "leading", "trailing"]);
export const prediction = z.enum(["epsilon", "sample", "v_prediction"]).default("epsilon");
export const zeroSnr = z.boolean().default(false);
export const finalSigmas = z.enum(["zero", "sigma_min"]).default("zero");

/** Settings with another spacing of a run's levels between its first and its last, one at most. */
export function respaced<S extends z.ZodRawShape>(shape: S) {
	const spacings = { use_karras_sigmas: chosen, use_exponential_sigmas: chosen, use_beta_sigmas: chosen };
	const names = Object.keys(spacings);
	return z
		.object({ ...shape, ...spacings })
		.refine((config: Record<string, unknown>) => names.filter((name) => config[name]).length < 2, {
			path: ["use_karras_sigmas"],
			error: `only one of ${names.join(", ")}`,
		});
}

/** A denoiser that learned its variance gives twice the channels, which no model here does. */
export const fixedVariance = z
	.string()
	.max(100)
	.refine((type) => !type.startsWith("learned"), "a variance that was not learned")
	.nullish();
