import * as z from "zod";
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
		timestep_spacing: spacing.default("leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z.boolean().default(true),
		set_alpha_to_one: z.boolean().default(true),
	}),
	DDPMScheduler: z.object({
		...noise,
		...thresholding,
		...clipping,
		beta_schedule: z.enum([...BETA_SCHEDULES, "laplace", "sigmoid"]).default("linear"),
		timestep_spacing: spacing.default("leading"),
		prediction_type: prediction,
		rescale_betas_zero_snr: zeroSnr,
		clip_sample: z.boolean().default(true),
		variance_type: z.enum(["fixed_small", "fixed_small_log", "fixed_large"]).default("fixed_small"),
	}),
	PNDMScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("leading"),
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
		skip_prk_steps: z.boolean().default(false),
		set_alpha_to_one: z.boolean().default(false),
	}),
	LMSDiscreteScheduler: respaced(inSigma),
	EulerDiscreteScheduler: respaced({
		...inSigma,
		rescale_betas_zero_snr: zeroSnr,
		interpolation_type: z.enum(["linear", "log_linear"]).default("linear"),
		timestep_type: z.enum(["discrete", "continuous"]).default("discrete"),
		final_sigmas_type: finalSigmas,
	}),
	EulerAncestralDiscreteScheduler: z.object({
		...noise,
		timestep_spacing: spacing.default("linspace"),
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
		rescale_betas_zero_snr: zeroSnr,
	}),
	HeunDiscreteScheduler: respaced({
		...kSamplers,
		...clipping,
		beta_schedule: z.enum([...BETA_SCHEDULES, "exp"]).default("linear"),
		clip_sample: z.boolean().default(false),
	}),
	KDPM2DiscreteScheduler: respaced({
		...kSamplers,
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
	}),
	KDPM2AncestralDiscreteScheduler: respaced({
		...kSamplers,
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
	}),
	DPMSolverSDEScheduler: respaced({
		...kSamplers,
		prediction_type: z.enum(["epsilon", "v_prediction"]).default("epsilon"),
		noise_sampler_seed: z.int().min(0).nullish(),
	}),
	DPMSolverMultistepScheduler: respaced(
		{
			...dpm,
			algorithm_type: z.enum(DPM).default("dpmsolver++"),
			rescale_betas_zero_snr: zeroSnr,
			euler_at_final: z.boolean().default(false),
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
			lower_order_final: z.boolean().default(false),
			algorithm_type: z.enum(["dpmsolver++", "sde-dpmsolver++", "dpmsolver"]).default("dpmsolver++"),
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
			solver_order: orders.default(2),
			algorithm_type: z.literal("deis").default("deis"),
			solver_type: z.literal("logrho").default("logrho"),
		},
		twoSizes,
	),
	UniPCMultistepScheduler: respaced(
		{
			...inLambda,
			solver_order: z.int().min(1).max(6).default(2),
			solver_type: z.enum(["bh1", "bh2"]).default("bh2"),
			predict_x0: z.boolean().default(true),
			disable_corrector: z.array(z.int().min(0).max(100_000)).max(100_000).default([]),
			solver_p: z.null().optional(),
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
			predictor_order: orders.default(2),
			corrector_order: orders.default(2),
			algorithm_type: z.enum(["data_prediction", "noise_prediction"]).default("data_prediction"),
			tau_func: z.null().optional(),
		},
		noFlowAsNoise,
		twoSizes,
	),
	LCMScheduler: ruled(
		{
			...distilled,
			...thresholding,
			...clipping,
			clip_sample: z.boolean().default(false),
			timestep_scaling: number.default(10),
		},
		fewerThanTrained,
	),
	TCDScheduler: ruled(distilled, fewerThanTrained),
	EDMEulerScheduler: z.object(edm),
	EDMDPMSolverMultistepScheduler: z.object({
		...edm,
		...thresholding,
		algorithm_type: z.enum(["dpmsolver++", "sde-dpmsolver++"]).default("dpmsolver++"),
		solver_order: orders.default(2),
		solver_type: z.enum(["midpoint", "heun"]).default("midpoint"),
		lower_order_final: z.boolean().default(true),
		euler_at_final: z.boolean().default(false),
	}),
	FlowMatchEulerDiscreteScheduler: respaced({ ...flow, stochastic_sampling: z.boolean().default(false) }, twoSizes),
	FlowMatchHeunDiscreteScheduler: z.object({ num_train_timesteps: trainSteps, shift: positive.default(1) }),
	FlowMatchLCMScheduler: respaced({ ...flow, scale_factors: z.null().optional() }, twoSizes),
	IPNDMScheduler: z.object({ num_train_timesteps: trainSteps, trained_betas: z.null().optional() }),
	CMStochasticIterativeScheduler: z.object({
		num_train_timesteps: z.int().min(2).max(100_000).default(40),
		sigma_min: positive.default(0.002),
		sigma_max: positive.default(80),
		sigma_data: positive.default(0.5),
		s_noise: z.number().min(0).max(1e6).default(1),
		rho: z.number().positive().max(100).default(7),
		clip_denoised: z.boolean().default(true),
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
