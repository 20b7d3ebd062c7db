import type { Json } from "./json.ts";

/** The noise that Stable Diffusion 1, 2 and XL were trained with. */
const NOISE = {
	beta_end: 0.012,
	beta_schedule: "scaled_linear",
	beta_start: 0.00085,
	clip_sample: false,
	num_train_timesteps: 1000,
	set_alpha_to_one: false,
	skip_prk_steps: true,
	steps_offset: 1,
	trained_betas: null,
};

/** https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_SD1: Json = { _class_name: "PNDMScheduler", _diffusers_version: "0.6.0", ...NOISE };

/** https://huggingface.co/stabilityai/stable-diffusion-2-1/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_SD2: Json = {
	_class_name: "DDIMScheduler",
	_diffusers_version: "0.8.0",
	...NOISE,
	prediction_type: "v_prediction",
};

/** https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_SDXL: Json = {
	_class_name: "EulerDiscreteScheduler",
	_diffusers_version: "0.19.0.dev0",
	...NOISE,
	interpolation_type: "linear",
	prediction_type: "epsilon",
	sample_max_value: 1,
	timestep_spacing: "leading",
	use_karras_sigmas: false,
};

const FLOW = { _class_name: "FlowMatchEulerDiscreteScheduler", num_train_timesteps: 1000, shift: 3 };

/** https://huggingface.co/stabilityai/stable-diffusion-3-medium-diffusers/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_SD3: Json = { ...FLOW, _diffusers_version: "0.29.0.dev0" };

/** https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_FLUX_DEV: Json = {
	...FLOW,
	_diffusers_version: "0.30.0.dev0",
	base_image_seq_len: 256,
	base_shift: 0.5,
	max_image_seq_len: 4096,
	max_shift: 1.15,
	use_dynamic_shifting: true,
};

/** https://huggingface.co/black-forest-labs/FLUX.1-schnell/blob/main/scheduler/scheduler_config.json */
export const SCHEDULER_FLUX_SCHNELL: Json = { ...SCHEDULER_FLUX_DEV, shift: 1, use_dynamic_shifting: false };
