import { activationName } from "@drum/diffusion";
import * as z from "zod/mini";
import { DOWN_BLOCKS, MID_BLOCKS, UP_BLOCKS } from "./block-names.ts";

const extent = z.int().check(z.minimum(1), z.maximum(65_536));
const layers = z.int().check(z.minimum(1), z.maximum(100));
const transformerLayers = z.int().check(z.minimum(0), z.maximum(100));
/** A setting with one supported value. */
const only = <const T extends string | boolean | number | null>(value: T) => z._default(z.literal(value), value);
/** A setting that may be null in files, which means the default. */
const nullable = <T extends z.ZodMiniType>(value: T, meant: z.output<T>) =>
	z.pipe(
		z.nullish(value),
		z.transform((found) => found ?? meant),
	);
/** A setting that most models do not have. */
const optional = <T extends z.ZodMiniType>(value: T) => z._default(z.nullable(value), null);
/** One value for all blocks, or one for each. */
const each = <T extends z.ZodMiniType>(value: T) => z.union([value, z.array(value)]);
/** A block's name. In early files it begins with UNetRes. */
const block = <const T extends readonly string[]>(kinds: T) =>
	z.pipe(
		z.pipe(
			z.string(),
			z.transform((kind) => kind.replace(/^UNetRes/, "")),
		),
		z.enum(kinds),
	);
/** A kernel that keeps height and width. */
const kernel = z._default(z.literal([1, 3, 5, 7]), 3);

/** Settings of a UNet2DConditionModel that draws from text. */
export const unetSchema = z.object({
	_class_name: only("UNet2DConditionModel"),
	sample_size: z._default(z.union([extent, z.tuple([extent, extent])]), 64),
	in_channels: z._default(extent, 4),
	out_channels: z._default(extent, 4),
	center_input_sample: z._default(z.boolean(), false),
	flip_sin_to_cos: z._default(z.boolean(), true),
	freq_shift: z._default(z.number().check(z.minimum(-1), z.maximum(1)), 0),
	down_block_types: z.array(block(DOWN_BLOCKS)),
	/** Null if there is none, as in distilled models. */
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
	/** For all blocks, for each block, or for each layer of each block. */
	transformer_layers_per_block: z._default(z.union([transformerLayers, z.array(each(transformerLayers))]), 1),
	/** For the way up, from its first block. Needed if layers of a block on the way down differ. */
	reverse_transformer_layers_per_block: optional(z.array(each(transformerLayers))),
	/** The number of heads in CrossAttn blocks, in spite of its name, and the width of a head in the other blocks. */
	attention_head_dim: z._default(each(extent), 8),
	use_linear_projection: z._default(z.boolean(), false),
	upcast_attention: nullable(z.boolean(), false),
	resnet_time_scale_shift: z._default(z.enum(["default", "scale_shift"]), "default"),
	/** This one and the next belong to blocks whose resnets also change height and width. */
	resnet_skip_time_act: z._default(z.boolean(), false),
	resnet_out_scale_factor: z._default(z.number().check(z.positive()), 1),
	mid_block_scale_factor: z._default(z.number().check(z.positive()), 1),
	/** `"gated"` adds layers that text to image does not run. */
	attention_type: z._default(z.enum(["default", "gated", "gated-text-image"]), "default"),
	cross_attention_norm: optional(z.enum(["layer_norm", "group_norm"])),
	time_embedding_type: z._default(z.enum(["positional", "fourier"]), "positional"),
	time_embedding_dim: optional(extent),
	time_embedding_act_fn: optional(activationName),
	timestep_post_act: optional(activationName),
	/** Width of the guidance scale's sines and cosines, for a model distilled with guidance. */
	time_cond_proj_dim: optional(extent.check(z.minimum(4))),
	conv_in_kernel: kernel,
	conv_out_kernel: kernel,
	/** Width of the condition, if it is first projected to `cross_attention_dim`. */
	encoder_hid_dim: optional(extent),
	encoder_hid_dim_type: optional(z.literal("text_proj")),
	/** What is added to the time. `"text_time"`, for SDXL: pooled text and the picture's sizes. `"text"`: the condition, pooled. */
	addition_embed_type: optional(z.enum(["text_time", "text"])),
	addition_embed_type_num_heads: z._default(extent, 64),
	/** Width of the sines and cosines of each of SDXL's time ids. */
	addition_time_embed_dim: optional(extent),
	/** Width of SDXL's pooled text and all its time ids together. */
	projection_class_embeddings_input_dim: optional(extent),
	// diffusers' text-to-image pipelines have no inputs for these either.
	dual_cross_attention: only(false),
	class_embed_type: only(null),
	num_class_embeds: only(null),
	class_embeddings_concat: only(false),
	num_attention_heads: only(null),
});

/** A file's settings, with defaults filled in. */
export type ParsedUNetConfig = z.infer<typeof unetSchema>;
type PerBlock = "only_cross_attention" | "layers_per_block" | "cross_attention_dim" | "attention_head_dim";
type Derived = "sample_size" | "mid_block_only_cross_attention" | "transformer_layers_per_block";

/** UNet2DConditionModel's settings with the names of `config.json`. What may differ from block to block is a list. */
export type UNetConfig = Omit<ParsedUNetConfig, PerBlock | Derived | "reverse_transformer_layers_per_block"> & {
	[name in PerBlock]: Exclude<ParsedUNetConfig[name], number | boolean>;
} & {
	sample_size: [height: number, width: number];
	mid_block_only_cross_attention: boolean;
	/** For each layer of each block on the way down. The middle block uses the last block's first. */
	transformer_layers_per_block: number[][];
	/** For each layer of each block on the way up. */
	reverse_transformer_layers_per_block: number[][];
	/** Width of the condition that the network takes. */
	conditionWidth: number;
};
