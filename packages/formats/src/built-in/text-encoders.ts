import type { Json } from "./json.ts";

/** CLIP ViT-L's text encoder. https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5/blob/main/text_encoder/config.json */
export const CLIP_L: Json = {
	architectures: ["CLIPTextModel"],
	bos_token_id: 0,
	eos_token_id: 2,
	hidden_act: "quick_gelu",
	hidden_size: 768,
	intermediate_size: 3072,
	layer_norm_eps: 1e-5,
	max_position_embeddings: 77,
	model_type: "clip_text_model",
	num_attention_heads: 12,
	num_hidden_layers: 12,
	pad_token_id: 1,
	projection_dim: 768,
	vocab_size: 49408,
};

/** CLIP ViT-L's text encoder with its projection, for a pooled condition. */
export const CLIP_L_PROJECTED: Json = { ...CLIP_L, architectures: ["CLIPTextModelWithProjection"] };

/** OpenCLIP ViT-H's, without its last block. https://huggingface.co/stabilityai/stable-diffusion-2-1/blob/main/text_encoder/config.json */
export const CLIP_H: Json = {
	...CLIP_L,
	hidden_act: "gelu",
	hidden_size: 1024,
	intermediate_size: 4096,
	num_attention_heads: 16,
	num_hidden_layers: 23,
	projection_dim: 512,
};

/** OpenCLIP ViT-bigG's. https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/text_encoder_2/config.json */
export const CLIP_BIG_G: Json = {
	...CLIP_L_PROJECTED,
	hidden_act: "gelu",
	hidden_size: 1280,
	intermediate_size: 5120,
	num_attention_heads: 20,
	num_hidden_layers: 32,
	projection_dim: 1280,
};

/** T5-XXL's. https://huggingface.co/stabilityai/stable-diffusion-3-medium-diffusers/blob/main/text_encoder_3/config.json */
export const T5_XXL: Json = {
	architectures: ["T5EncoderModel"],
	d_ff: 10240,
	d_kv: 64,
	d_model: 4096,
	dense_act_fn: "gelu_new",
	feed_forward_proj: "gated-gelu",
	is_gated_act: true,
	layer_norm_epsilon: 1e-6,
	model_type: "t5",
	num_heads: 64,
	num_layers: 24,
	relative_attention_max_distance: 128,
	relative_attention_num_buckets: 32,
	vocab_size: 32128,
};
