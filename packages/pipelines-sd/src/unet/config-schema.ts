import { activationName } from "@drum/diffusion";
import * as z from "zod";
import { DOWN_BLOCKS, MID_BLOCKS, UP_BLOCKS } from "./block-kinds.ts";

const extent = z.int().min(1).max(65_536);
const layers = z.int().min(1).max(100);
const transformerLayers = z.int().min(0).max(100);
/** A setting of which one value is supported. */
const only = <const T extends string | boolean | number | null>(value: T) => z.literal(value).default(value);
/** A setting that files may name without a value where they mean the default. */
const nullable = <T extends z.ZodType>(value: T, meant: z.output<T>) =>
	value.nullish().transform((found) => found ?? meant);
/** A setting that most models go without. */
const optional = <T extends z.ZodType>(value: T) => value.nullable().default(null);
/** One value for all blocks, or one for each. */
const each = <T extends z.ZodType>(value: T) => z.union([value, z.array(value)]);
/** A block under its name, which early files begin with UNetRes. */
const block = <const T extends readonly string[]>(kinds: T) =>
	z
		.string()
		.transform((kind) => kind.replace(/^UNetRes/, ""))
		.pipe(z.enum(kinds));
/** A kernel that keeps the extents. */
const kernel = z.literal([1, 3, 5, 7]).default(3);

/** UNet2DConditionModel's settings that a model which draws from text may have. */
export const unetSchema = z.object({
	_class_name: only("UNet2DConditionModel"),
	sample_size: z.union([extent, z.tuple([extent, extent])]).default(64),
	in_channels: extent.default(4),
	out_channels: extent.default(4),
	center_input_sample: z.boolean().default(false),
	flip_sin_to_cos: z.boolean().default(true),
	freq_shift: z.number().min(-1).max(1).default(0),
	down_block_types: z.array(block(DOWN_BLOCKS)),
	/** Null where there is none, as in distilled models. */
	mid_block_type: z.enum(MID_BLOCKS).nullable().default("UNetMidBlock2DCrossAttn"),
	up_block_types: z.array(block(UP_BLOCKS)),
	only_cross_attention: each(z.boolean()).default(false),
	mid_block_only_cross_attention: optional(z.boolean()),
	block_out_channels: z.array(extent).min(1).max(16),
	layers_per_block: each(layers),
	downsample_padding: z.union([z.literal(0), z.literal(1)]).default(1),
	act_fn: activationName.default("silu"),
	norm_num_groups: extent.default(32),
	norm_eps: z.number().positive().max(1).default(1e-5),
	cross_attention_dim: each(extent),
	/** Of all blocks, of each, or of each layer of each. */
	transformer_layers_per_block: z.union([transformerLayers, z.array(each(transformerLayers))]).default(1),
	/** Of the way up, its first block first; needed where the way down has layers that differ. */
	reverse_transformer_layers_per_block: optional(z.array(each(transformerLayers))),
	/**
	 * In CrossAttn blocks the number of heads, under the name it has had since it was confused with their width; in the others the
	 * width.
	 */
	attention_head_dim: each(extent).default(8),
	use_linear_projection: z.boolean().default(false),
	upcast_attention: nullable(z.boolean(), false),
	resnet_time_scale_shift: z.enum(["default", "scale_shift"]).default("default"),
	/** The next two are those of blocks whose resnets change the extents too. */
	resnet_skip_time_act: z.boolean().default(false),
	resnet_out_scale_factor: z.number().positive().default(1),
	mid_block_scale_factor: z.number().positive().default(1),
	/** `"gated"` adds layers that plain text to image does not run. */
	attention_type: z.enum(["default", "gated", "gated-text-image"]).default("default"),
	cross_attention_norm: optional(z.enum(["layer_norm", "group_norm"])),
	time_embedding_type: z.enum(["positional", "fourier"]).default("positional"),
	time_embedding_dim: optional(extent),
	time_embedding_act_fn: optional(activationName),
	timestep_post_act: optional(activationName),
	/** Width of the guidance scale as sines and cosines, in a model that was distilled with it. */
	time_cond_proj_dim: optional(extent.min(4)),
	conv_in_kernel: kernel,
	conv_out_kernel: kernel,
	/** Width of the condition where it is projected to `cross_attention_dim` first. */
	encoder_hid_dim: optional(extent),
	encoder_hid_dim_type: optional(z.literal("text_proj")),
	/** `"text_time"` is SDXL's: pooled text and the picture's sizes, beside the time; `"text"` pools the condition itself. */
	addition_embed_type: optional(z.enum(["text_time", "text"])),
	addition_embed_type_num_heads: extent.default(64),
	/** Width of each of SDXL's time ids as sines and cosines. */
	addition_time_embed_dim: optional(extent),
	/** Width of SDXL's pooled text and of all its time ids, one after another. */
	projection_class_embeddings_input_dim: optional(extent),
	// diffusers' own text-to-image pipelines have nothing to give these either.
	dual_cross_attention: only(false),
	class_embed_type: only(null),
	num_class_embeds: only(null),
	class_embeddings_concat: only(false),
	num_attention_heads: only(null),
});
