import * as z from "zod/mini";
import {
	BETA_SCHEDULES,
	beta,
	clipped,
	finalSigmas,
	inLambda,
	inSigma,
	noise,
	orders,
	positive,
	prediction,
	shifting,
	terminal,
	together,
	trainSteps,
	zeroSnr,
} from "./setting-kinds.ts";

/** Settings for models distilled to few steps. */
export const distilled = {
	...noise,
	beta_start: z._default(beta, 0.00085),
	beta_end: z._default(beta, 0.012),
	beta_schedule: z._default(z.enum(BETA_SCHEDULES), "scaled_linear"),
	original_inference_steps: z._default(z.int().check(z.positive(), z.maximum(100_000)), 50),
	prediction_type: prediction,
	rescale_betas_zero_snr: zeroSnr,
};
export const fewerThanTrained = together(
	"original_inference_steps",
	"at most num_train_timesteps",
	(config) => Number(config.original_inference_steps) <= Number(config.num_train_timesteps),
);

export const edm = {
	num_train_timesteps: trainSteps,
	sigma_min: z._default(positive, 0.002),
	sigma_max: z._default(positive, 80),
	sigma_data: z._default(positive, 0.5),
	sigma_schedule: z._default(z.enum(["karras", "exponential"]), "karras"),
	prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
	rho: z._default(z.number().check(z.positive(), z.maximum(100)), 7),
	final_sigmas_type: finalSigmas,
};

export const kSamplers = {
	...inSigma,
	beta_start: z._default(beta, 0.00085),
	beta_end: z._default(beta, 0.012),
};

export const dpm = {
	...inLambda,
	...clipped,
	solver_order: z._default(orders, 2),
	solver_type: z._default(z.enum(["midpoint", "heun"]), "midpoint"),
	final_sigmas_type: finalSigmas,
};
export const DPM = ["dpmsolver++", "sde-dpmsolver++", "dpmsolver", "sde-dpmsolver"] as const;
export const lastAboveZero = together("final_sigmas_type", '"sigma_min" with this algorithm_type', (config) => {
	return String(config.algorithm_type).endsWith("++") || config.final_sigmas_type !== "zero";
});
export const noFlowAsNoise = together("prediction_type", "another with this algorithm_type", (config) => {
	return (
		!/^(sde-)?dpmsolver$|^noise_prediction$/.test(String(config.algorithm_type)) ||
		config.prediction_type !== "flow_prediction"
	);
});

export const flow = {
	num_train_timesteps: trainSteps,
	shift: z._default(positive, 1),
	...shifting,
	shift_terminal: terminal,
	invert_sigmas: z._default(z.boolean(), false),
};
export const twoSizes = together("max_image_seq_len", "another than base_image_seq_len", (config) => {
	return config.max_image_seq_len !== config.base_image_seq_len;
});
