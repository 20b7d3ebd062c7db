import * as z from "zod/mini";
import {
	DPM,
	distilled,
	dpm,
	edm,
	fewerThanTrained,
	flow,
	kSamplers,
	lastAboveZero,
	noFlowAsNoise,
	twoSizes,
} from "./setting-groups.ts";
import {
	BETA_SCHEDULES,
	chosen,
	clipped,
	clipping,
	finalSigmas,
	inLambda,
	inSigma,
	noise,
	number,
	orders,
	positive,
	prediction,
	respaced,
	ruled,
	spacing,
	terminal,
	thresholding,
	together,
	trainSteps,
	zeroSnr,
} from "./setting-kinds.ts";

/**
 * scheduler_config.json by class; defaults are diffusers', for settings that a file does not name. Settings that a class does not have
 * are left out; values not supported here are refused.
 */
export const SCHEDULER_CONFIGS = {
	DDIMScheduler: z.object({
		...noise,
		...thresholding,
		...clipping,
		timestep_spacing: z._default(spacing, "leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z._default(z.boolean(), true),
		set_alpha_to_one: z._default(z.boolean(), true),
	}),
	DDPMScheduler: z.object({
		...noise,
		...thresholding,
		...clipping,
		beta_schedule: z._default(z.enum([...BETA_SCHEDULES, "laplace", "sigmoid"]), "linear"),
		timestep_spacing: z._default(spacing, "leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z._default(z.boolean(), true),
		variance_type: z._default(z.enum(["fixed_small", "fixed_small_log", "fixed_large"]), "fixed_small"),
	}),
	PNDMScheduler: z.object({
		...noise,
		timestep_spacing: z._default(spacing, "leading"),
		prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
		skip_prk_steps: z._default(z.boolean(), false),
		set_alpha_to_one: z._default(z.boolean(), false),
	}),
	LMSDiscreteScheduler: respaced(inSigma),
	EulerDiscreteScheduler: respaced({
		...inSigma,
		rescale_betas_zero_snr: zeroSnr,
		interpolation_type: z._default(z.enum(["linear", "log_linear"]), "linear"),
		timestep_type: z._default(z.enum(["discrete", "continuous"]), "discrete"),
		final_sigmas_type: finalSigmas,
	}),
	EulerAncestralDiscreteScheduler: z.object({
		...noise,
		timestep_spacing: z._default(spacing, "linspace"),
		prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
		rescale_betas_zero_snr: zeroSnr,
	}),
	HeunDiscreteScheduler: respaced({
		...kSamplers,
		...clipping,
		beta_schedule: z._default(z.enum([...BETA_SCHEDULES, "exp"]), "linear"),
		clip_sample: z._default(z.boolean(), false),
	}),
	KDPM2DiscreteScheduler: respaced({
		...kSamplers,
		prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
	}),
	KDPM2AncestralDiscreteScheduler: respaced({
		...kSamplers,
		prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
	}),
	DPMSolverSDEScheduler: respaced({
		...kSamplers,
		prediction_type: z._default(z.enum(["epsilon", "v_prediction"]), "epsilon"),
		noise_sampler_seed: z.nullish(z.int().check(z.minimum(0))),
	}),
	DPMSolverMultistepScheduler: respaced(
		{
			...dpm,
			algorithm_type: z._default(z.enum(DPM), "dpmsolver++"),
			rescale_betas_zero_snr: zeroSnr,
			euler_at_final: z._default(z.boolean(), false),
			use_lu_lambdas: chosen,
		},
		lastAboveZero,
		noFlowAsNoise,
		twoSizes,
		together("solver_order", "1 or 2 with this algorithm_type", (config) => {
			return config.algorithm_type !== "sde-dpmsolver" || config.solver_order !== 3;
		}),
	),
	DPMSolverSinglestepScheduler: respaced(
		{
			...dpm,
			lower_order_final: z._default(z.boolean(), false),
			algorithm_type: z._default(z.enum(["dpmsolver++", "sde-dpmsolver++", "dpmsolver"]), "dpmsolver++"),
		},
		lastAboveZero,
		noFlowAsNoise,
		twoSizes,
		together("thresholding", "false with this algorithm_type", (config) => {
			return config.algorithm_type !== "dpmsolver" || !config.thresholding;
		}),
	),
	DEISMultistepScheduler: respaced(
		{
			...inLambda,
			solver_order: z._default(orders, 2),
			algorithm_type: z._default(z.literal("deis"), "deis"),
			solver_type: z._default(z.literal("logrho"), "logrho"),
		},
		twoSizes,
	),
	UniPCMultistepScheduler: respaced(
		{
			...inLambda,
			solver_order: z._default(z.int().check(z.minimum(1), z.maximum(6)), 2),
			solver_type: z._default(z.enum(["bh1", "bh2"]), "bh2"),
			predict_x0: z._default(z.boolean(), true),
			disable_corrector: z._default(
				z.array(z.int().check(z.minimum(0), z.maximum(100_000))).check(z.maxLength(100_000)),
				[],
			),
			solver_p: z.optional(z.null()),
			rescale_betas_zero_snr: zeroSnr,
			final_sigmas_type: finalSigmas,
			shift_terminal: terminal,
		},
		twoSizes,
		together("shift_terminal", "none without use_flow_sigmas", (config) => {
			return typeof config.shift_terminal !== "number" || config.use_flow_sigmas === true;
		}),
		together("prediction_type", "another without predict_x0", (config) => {
			return config.predict_x0 === true || config.prediction_type !== "flow_prediction";
		}),
	),
	SASolverScheduler: respaced(
		{
			...inLambda,
			...clipped,
			predictor_order: z._default(orders, 2),
			corrector_order: z._default(orders, 2),
			algorithm_type: z._default(z.enum(["data_prediction", "noise_prediction"]), "data_prediction"),
			tau_func: z.optional(z.null()),
		},
		noFlowAsNoise,
		twoSizes,
	),
	LCMScheduler: ruled(
		{
			...distilled,
			...thresholding,
			...clipping,
			clip_sample: z._default(z.boolean(), false),
			timestep_scaling: z._default(number, 10),
		},
		fewerThanTrained,
	),
	TCDScheduler: ruled(distilled, fewerThanTrained),
	EDMEulerScheduler: z.object(edm),
	EDMDPMSolverMultistepScheduler: z.object({
		...edm,
		...thresholding,
		algorithm_type: z._default(z.enum(["dpmsolver++", "sde-dpmsolver++"]), "dpmsolver++"),
		solver_order: z._default(orders, 2),
		solver_type: z._default(z.enum(["midpoint", "heun"]), "midpoint"),
		lower_order_final: z._default(z.boolean(), true),
		euler_at_final: z._default(z.boolean(), false),
	}),
	FlowMatchEulerDiscreteScheduler: respaced({ ...flow, stochastic_sampling: z._default(z.boolean(), false) }, twoSizes),
	FlowMatchHeunDiscreteScheduler: z.object({ num_train_timesteps: trainSteps, shift: z._default(positive, 1) }),
	FlowMatchLCMScheduler: respaced({ ...flow, scale_factors: z.optional(z.null()) }, twoSizes),
	IPNDMScheduler: z.object({ num_train_timesteps: trainSteps, trained_betas: z.optional(z.null()) }),
	CMStochasticIterativeScheduler: z.object({
		num_train_timesteps: z._default(z.int().check(z.minimum(2), z.maximum(100_000)), 40),
		sigma_min: z._default(positive, 0.002),
		sigma_max: z._default(positive, 80),
		sigma_data: z._default(positive, 0.5),
		s_noise: z._default(z.number().check(z.minimum(0), z.maximum(1e6)), 1),
		rho: z._default(z.number().check(z.positive(), z.maximum(100)), 7),
		clip_denoised: z._default(z.boolean(), true),
	}),
} as const;

export type SchedulerClass = keyof typeof SCHEDULER_CONFIGS;
export type ConfigOf<C extends SchedulerClass> = z.infer<(typeof SCHEDULER_CONFIGS)[C]>;
export type DdimConfig = ConfigOf<"DDIMScheduler">;
export type DdpmConfig = ConfigOf<"DDPMScheduler">;
export type PndmConfig = ConfigOf<"PNDMScheduler">;
export type LmsConfig = ConfigOf<"LMSDiscreteScheduler">;
export type EulerConfig = ConfigOf<"EulerDiscreteScheduler">;
export type EulerAncestralConfig = ConfigOf<"EulerAncestralDiscreteScheduler">;
export type HeunConfig = ConfigOf<"HeunDiscreteScheduler">;
export type Kdpm2Config = ConfigOf<"KDPM2DiscreteScheduler">;
export type DpmSdeConfig = ConfigOf<"DPMSolverSDEScheduler">;
export type DpmSolverConfig = ConfigOf<"DPMSolverMultistepScheduler">;
export type DpmSinglestepConfig = ConfigOf<"DPMSolverSinglestepScheduler">;
export type DeisConfig = ConfigOf<"DEISMultistepScheduler">;
export type UniPcConfig = ConfigOf<"UniPCMultistepScheduler">;
export type SaSolverConfig = ConfigOf<"SASolverScheduler">;
export type LcmConfig = ConfigOf<"LCMScheduler">;
export type TcdConfig = ConfigOf<"TCDScheduler">;
export type EdmEulerConfig = ConfigOf<"EDMEulerScheduler">;
export type EdmDpmConfig = ConfigOf<"EDMDPMSolverMultistepScheduler">;
export type FlowMatchEulerConfig = ConfigOf<"FlowMatchEulerDiscreteScheduler">;
export type FlowMatchHeunConfig = ConfigOf<"FlowMatchHeunDiscreteScheduler">;
export type IpndmConfig = ConfigOf<"IPNDMScheduler">;
export type ConsistencyConfig = ConfigOf<"CMStochasticIterativeScheduler">;
