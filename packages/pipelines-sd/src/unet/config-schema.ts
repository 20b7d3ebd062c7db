import { activationName } from "@drum/diffusion";
import * as z from "zod/mini";
import { DOWN_BLOCKS, MID_BLOCKS, UP_BLOCKS } from "./block-names.ts";

const extent = z.int().check(z.minimum(1), z.maximum(65_536));
const layers = z.int().check(z.minimum(1), z.maximum(100));
const transformerLayers = z.int().check(z.minimum(0), z.maximum(100));
/** A setting of which one value is supported. */
const only = <const T extends string | boolean | number | null>(value: T) => z._default(z.literal(value), value);
/** A setting that files may name without a value where they mean the default. */
const nullable = <T extends z.ZodMiniType>(value: T, meant: z.output<T>) =>
	z.pipe(
		z.nullish(value),
		z.transform((found) => found ?? meant),
	);
/** A setting that most models go without. */
const optional = <T extends z.ZodMiniType>(value: T) => z._default(z.nullable(value), null);
/** One value for all blocks, or one for each. */
const each = <T extends z.ZodMiniType>(value: T) => z.union([value, z.array(value)]);
/** A block under its name, which early files begin with UNetRes. */
const block = <const T extends readonly string[]>(kinds: T) =>
	z.pipe(
		z.pipe(
			z.string(),
			z.transform((kind) => kind.replace(/^UNetRes/, "")),
		),
		z.enum(kinds),
	);
/** A kernel that keeps the extents. */
const kernel = z._default(z.literal([1, 3, 5, 7]), 3);

/** UNet2DConditionModel's settings that a model which draws from text may have. */
export const unetSchema = z.object({
	_class_name: only("UNet2DConditionModel"),
	sample_size: z._default(z.union([extent, z.tuple([extent, extent])]), 64),
	in_channels: z._default(extent, 4),
	out_channels: z._default(extent, 4),
	center_input_sample: z._default(z.boolean(), false),
	flip_sin_to_cos: z._default(z.boolean(), true),
	freq_shift: z._default(z.number().check(z.minimum(-1), z.maximum(1)), 0),
	down_block_types: z.array(block(DOWN_BLOCKS)),
	/** Null where there is none, as in distilled models. */
	mid_block_type: z._default(z.nullable(z.enum(MID_BLOCKS)), "UNetMidBlock2DCrossAttn"),
	up_block_types: z.array(block(UP_BLOCKS)),
	only_cross_attention: z._default(each(z.boolean()), false),
	mid_block_only_cross_attention: optional(z.boolean()),
	block_out_channels: z.array(extent).check(z.minLength(1), z.maxLength(16)),
	layers_per_block: each(layers),
	downsample_padding: z._default(z.union([z.literal(0), z.literal(1)]), 1),
	act_fn: z._default(activationName, "silu"),
	norm_num_groups: z._default(extent, 32),
	norm_eps: z._default(z.number().check(z.positive(), z.maximum(1)), 1e-5),
	cross_attention_dim: each(extent),
	/** Of all blocks, of each, or of each layer of each. */
	transformer_layers_per_block: z._default(z.union([transformerLayers, z.array(each(transformerLayers))]), 1),
	/** Of the way up, its first block first; needed where the way down has layers that differ. */
	reverse_transformer_layers_per_block: optional(z.array(each(transformerLayers))),
	/**
	 * In CrossAttn blocks the number of heads, under the name it has had since it was confused with their width; in the others the
	 * width.
	 */
	attention_head_dim: z._default(each(extent), 8),
	use_linear_projection: z._default(z.boolean(), false),
	upcast_attention: nullable(z.boolean(), false),
	resnet_time_scale_shift: z._default(z.enum(["default", "scale_shift"]), "default"),
	/** The next two are those of blocks whose resnets change the extents too. */
	resnet_skip_time_act: z._default(z.boolean(), false),
	resnet_out_scale_factor: z._default(z.number().check(z.positive()), 1),
	mid_block_scale_factor: z._default(z.number().check(z.positive()), 1),
	/** `"gated"` adds layers that plain text to image does not run. */
	attention_type: z._default(z.enum(["default", "gated", "gated-text-image"]), "default"),
	cross_attention_norm: optional(z.enum(["layer_norm", "group_norm"])),
	time_embedding_type: z._default(z.enum(["positional", "fourier"]), "positional"),
	time_embedding_dim: optional(extent),
	time_embedding_act_fn: optional(activationName),
	timestep_post_act: optional(activationName),
	/** Width of the guidance scale as sines and cosines, in a model that was distilled with it. */
	time_cond_proj_dim: optional(extent.check(z.minimum(4))),
	conv_in_kernel: kernel,
	conv_out_kernel: kernel,
	/** Width of the condition where it is projected to `cross_attention_dim` first. */
	encoder_hid_dim: optional(extent),
	encoder_hid_dim_type: optional(z.literal("text_proj")),
	/** `"text_time"` is SDXL's: pooled text and the picture's sizes, beside the time; `"text"` pools the condition itself. */
	addition_embed_type: optional(z.enum(["text_time", "text"])),
	addition_embed_type_num_heads: z._default(extent, 64),
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

/** The settings as they stand in a file, with defaults. */
export type ParsedUNetConfig = z.infer<typeof unetSchema>;
type PerBlock = "only_cross_attention" | "layers_per_block" | "cross_attention_dim" | "attention_head_dim";
type Derived = "sample_size" | "mid_block_only_cross_attention" | "transformer_layers_per_block";

/** UNet2DConditionModel's settings under `config.json`'s own names; what may differ from block to block is a list. */
export type UNetConfig = Omit<ParsedUNetConfig, PerBlock | Derived | "reverse_transformer_layers_per_block"> & {
	[name in PerBlock]: Exclude<ParsedUNetConfig[name], number | boolean>;
} & {
	sample_size: [height: number, width: number];
	mid_block_only_cross_attention: boolean;
	/** Of each layer of each block on the way down; the last block's first is also the middle's. */
	transformer_layers_per_block: number[][];
	/** Of each layer of each block on the way up. */
	reverse_transformer_layers_per_block: number[][];
	/** Of the condition that the network is given. */
	conditionWidth: number;
};
