import type { Json } from "./json.ts";

const SD3 = {
	_class_name: "SD3Transformer2DModel",
	attention_head_dim: 64,
	caption_projection_dim: 1536,
	in_channels: 16,
	joint_attention_dim: 4096,
	num_attention_heads: 24,
	num_layers: 24,
	out_channels: 16,
	patch_size: 2,
	pooled_projection_dim: 2048,
	pos_embed_max_size: 192,
	sample_size: 128,
};

/** https://huggingface.co/stabilityai/stable-diffusion-3-medium-diffusers/blob/main/transformer/config.json */
export const TRANSFORMER_SD3: Json = { ...SD3, _diffusers_version: "0.29.0.dev0" };

/** https://huggingface.co/stabilityai/stable-diffusion-3.5-medium/blob/main/transformer/config.json */
export const TRANSFORMER_SD35_MEDIUM: Json = {
	...SD3,
	dual_attention_layers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
	pos_embed_max_size: 384,
	qk_norm: "rms_norm",
};

/** https://huggingface.co/stabilityai/stable-diffusion-3.5-large/blob/main/transformer/config.json */
export const TRANSFORMER_SD35_LARGE: Json = {
	...SD3,
	_diffusers_version: "0.31.0.dev0",
	caption_projection_dim: 2432,
	num_attention_heads: 38,
	num_layers: 38,
	qk_norm: "rms_norm",
};

/** https://huggingface.co/black-forest-labs/FLUX.1-dev/blob/main/transformer/config.json */
export const TRANSFORMER_FLUX_DEV: Json = {
	_class_name: "FluxTransformer2DModel",
	_diffusers_version: "0.30.0.dev0",
	attention_head_dim: 128,
	guidance_embeds: true,
	in_channels: 64,
	joint_attention_dim: 4096,
	num_attention_heads: 24,
	num_layers: 19,
	num_single_layers: 38,
	patch_size: 1,
	pooled_projection_dim: 768,
};

/** https://huggingface.co/black-forest-labs/FLUX.1-schnell/blob/main/transformer/config.json */
export const TRANSFORMER_FLUX_SCHNELL: Json = { ...TRANSFORMER_FLUX_DEV, guidance_embeds: false };
