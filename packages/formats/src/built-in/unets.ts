import type { Json } from "./json.ts";

const CROSS_DOWN = "CrossAttnDownBlock2D";
const CROSS_UP = "CrossAttnUpBlock2D";

/** The settings that all UNets have in common. */
const UNET = {
	_class_name: "UNet2DConditionModel",
	act_fn: "silu",
	center_input_sample: false,
	downsample_padding: 1,
	flip_sin_to_cos: true,
	freq_shift: 0,
	in_channels: 4,
	layers_per_block: 2,
	mid_block_scale_factor: 1,
	norm_eps: 1e-5,
	norm_num_groups: 32,
	out_channels: 4,
};

/** https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/unet/config.json */
export const UNET_SD1: Json = {
	...UNET,
	_diffusers_version: "0.6.0",
	attention_head_dim: 8,
	block_out_channels: [320, 640, 1280, 1280],
	cross_attention_dim: 768,
	down_block_types: [CROSS_DOWN, CROSS_DOWN, CROSS_DOWN, "DownBlock2D"],
	sample_size: 64,
	up_block_types: ["UpBlock2D", CROSS_UP, CROSS_UP, CROSS_UP],
};

/** https://huggingface.co/stabilityai/stable-diffusion-2-1/blob/main/unet/config.json */
export const UNET_SD2: Json = {
	...UNET_SD1,
	_diffusers_version: "0.10.0.dev0",
	attention_head_dim: [5, 10, 20, 20],
	cross_attention_dim: 1024,
	dual_cross_attention: false,
	num_class_embeds: null,
	only_cross_attention: false,
	sample_size: 96,
	upcast_attention: true,
	use_linear_projection: true,
};

/** https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/unet/config.json */
export const UNET_SDXL: Json = {
	...UNET,
	_diffusers_version: "0.19.0.dev0",
	addition_embed_type: "text_time",
	addition_time_embed_dim: 256,
	attention_head_dim: [5, 10, 20],
	block_out_channels: [320, 640, 1280],
	cross_attention_dim: 2048,
	down_block_types: ["DownBlock2D", CROSS_DOWN, CROSS_DOWN],
	projection_class_embeddings_input_dim: 2816,
	sample_size: 128,
	transformer_layers_per_block: [1, 2, 10],
	up_block_types: [CROSS_UP, CROSS_UP, "UpBlock2D"],
	use_linear_projection: true,
};
