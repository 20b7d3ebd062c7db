import type { Json } from "./json.ts";

const DOWN = "DownEncoderBlock2D";
const UP = "UpDecoderBlock2D";

/** https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/vae/config.json, whose scale is the class's own */
export const VAE_SD1: Json = {
	_class_name: "AutoencoderKL",
	_diffusers_version: "0.6.0",
	act_fn: "silu",
	block_out_channels: [128, 256, 512, 512],
	down_block_types: [DOWN, DOWN, DOWN, DOWN],
	in_channels: 3,
	latent_channels: 4,
	layers_per_block: 2,
	norm_num_groups: 32,
	out_channels: 3,
	sample_size: 512,
	up_block_types: [UP, UP, UP, UP],
};

/** https://huggingface.co/stabilityai/stable-diffusion-2-1/blob/main/vae/config.json */
export const VAE_SD2: Json = { ...VAE_SD1, _diffusers_version: "0.8.0", sample_size: 768 };

/** https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/vae/config.json */
export const VAE_SDXL: Json = {
	...VAE_SD1,
	_diffusers_version: "0.20.0.dev0",
	force_upcast: true,
	sample_size: 1024,
	scaling_factor: 0.13025,
};

/** https://huggingface.co/stabilityai/stable-diffusion-3-medium-diffusers/blob/main/vae/config.json */
export const VAE_SD3: Json = {
	...VAE_SDXL,
	_diffusers_version: "0.29.0.dev0",
	latent_channels: 16,
	latents_mean: null,
	latents_std: null,
	scaling_factor: 1.5305,
	shift_factor: 0.0609,
	use_post_quant_conv: false,
	use_quant_conv: false,
};

/** https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/vae/config.json */
export const VAE_FLUX: Json = {
	...VAE_SD3,
	_diffusers_version: "0.30.0.dev0",
	mid_block_add_attention: true,
	scaling_factor: 0.3611,
	shift_factor: 0.1159,
};
