import { configError } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import { z } from "zod";
import { pooledWidthOf, TIME_IDS } from "./added-condition.ts";

const extent = z.int().min(1).max(65_536);
const layers = z.int().min(1).max(100);
/** A setting of which one value is supported. */
const only = <const T extends string | boolean | number | null>(value: T) => z.literal(value).default(value);
/** A setting that older files name without a value where they mean the default. */
const nullable = <T extends z.ZodType>(value: T, meant: z.output<T>) =>
	value.nullish().transform((found) => found ?? meant);
/** One value for all blocks, or one for each. */
const each = <T extends z.ZodType>(value: T) => z.union([value, z.array(value)]);

const schema = z.object({
	_class_name: only("UNet2DConditionModel"),
	sample_size: z.union([extent, z.tuple([extent, extent])]).default(64),
	in_channels: extent.default(4),
	out_channels: extent.default(4),
	center_input_sample: z.boolean().default(false),
	flip_sin_to_cos: z.boolean().default(true),
	freq_shift: z.number().min(-1).max(1).default(0),
	down_block_types: z.array(z.enum(["CrossAttnDownBlock2D", "DownBlock2D"])),
	mid_block_type: only("UNetMidBlock2DCrossAttn"),
	up_block_types: z.array(z.enum(["CrossAttnUpBlock2D", "UpBlock2D"])),
	only_cross_attention: each(z.boolean()).default(false),
	block_out_channels: z.array(extent).min(1).max(16),
	layers_per_block: each(layers),
	downsample_padding: z.union([z.literal(0), z.literal(1)]).default(1),
	act_fn: only("silu"),
	norm_num_groups: extent.default(32),
	norm_eps: z.number().positive().max(1).default(1e-5),
	cross_attention_dim: each(extent),
	transformer_layers_per_block: each(layers).default(1),
	/** The number of heads, under the name it has had since it was confused with their width. */
	attention_head_dim: each(extent),
	use_linear_projection: z.boolean().default(false),
	upcast_attention: nullable(z.boolean(), false),
	resnet_time_scale_shift: only("default"),
	time_embedding_type: only("positional"),
	conv_in_kernel: only(3),
	conv_out_kernel: only(3),
	mid_block_scale_factor: only(1),
	resnet_out_scale_factor: only(1),
	attention_type: only("default"),
	dual_cross_attention: only(false),
	resnet_skip_time_act: only(false),
	class_embeddings_concat: only(false),
	num_attention_heads: only(null),
	reverse_transformer_layers_per_block: only(null),
	encoder_hid_dim: only(null),
	encoder_hid_dim_type: only(null),
	class_embed_type: only(null),
	num_class_embeds: only(null),
	/** `"text_time"` is SDXL's: pooled text and the picture's sizes, beside the time. */
	addition_embed_type: z.literal("text_time").nullable().default(null),
	/** Width of each of SDXL's time ids as sines and cosines. */
	addition_time_embed_dim: extent.nullable().default(null),
	/** Width of SDXL's pooled text and of all its time ids, one after another. */
	projection_class_embeddings_input_dim: extent.nullable().default(null),
	time_embedding_dim: only(null),
	time_embedding_act_fn: only(null),
	timestep_post_act: only(null),
	time_cond_proj_dim: only(null),
	cross_attention_norm: only(null),
});

type Parsed = z.infer<typeof schema>;
type PerBlock =
	| "only_cross_attention"
	| "layers_per_block"
	| "cross_attention_dim"
	| "transformer_layers_per_block"
	| "attention_head_dim";

/** UNet2DConditionModel's settings under `config.json`'s own names; what may differ from block to block is a list. */
export type UNetConfig = Omit<Parsed, PerBlock | "sample_size"> & {
	[name in PerBlock]: Exclude<Parsed[name], number | boolean>;
} & { sample_size: [height: number, width: number] };

/**
 * Reads `config.json` of a UNet2DConditionModel as Stable Diffusion 1, 2 and XL have them.
 * @throws CheckpointError naming the field that is missing, out of range or not supported.
 */
export function parseUNetConfig(json: unknown, name: string): UNetConfig {
	const parsed = schema.safeParse(json);
	if (!parsed.success) {
		throw configError(parsed.error, json, name, "the config.json of a UNet of Stable Diffusion 1, 2 or XL");
	}
	const { sample_size, ...settings } = parsed.data;
	const blocks = settings.block_out_channels.length;
	const check = (field: string, holds: boolean, expected: string, found: unknown): void => {
		if (!holds) throw new CheckpointError({ what: `${field} of ${name}`, expected, found: shown(found) });
	};
	const perBlock = <T extends number | boolean>(field: PerBlock, value: T | T[]): T[] => {
		if (!Array.isArray(value)) return Array.from({ length: blocks }, () => value);
		check(field, value.length === blocks, `${blocks} values, one for each of block_out_channels`, value);
		return value;
	};
	for (const field of ["down_block_types", "up_block_types"] as const) {
		check(
			field,
			settings[field].length === blocks,
			`${blocks} values, one for each of block_out_channels`,
			settings[field],
		);
	}
	const config: UNetConfig = {
		...settings,
		sample_size: typeof sample_size === "number" ? [sample_size, sample_size] : sample_size,
		only_cross_attention: perBlock("only_cross_attention", settings.only_cross_attention),
		layers_per_block: perBlock("layers_per_block", settings.layers_per_block),
		cross_attention_dim: perBlock("cross_attention_dim", settings.cross_attention_dim),
		transformer_layers_per_block: perBlock("transformer_layers_per_block", settings.transformer_layers_per_block),
		attention_head_dim: perBlock("attention_head_dim", settings.attention_head_dim),
	};
	const { block_out_channels: widths, norm_num_groups, attention_head_dim, cross_attention_dim } = config;
	check(
		"norm_num_groups",
		widths.every((width) => width % norm_num_groups === 0),
		`a divisor of ${widths}`,
		norm_num_groups,
	);
	check(
		"attention_head_dim",
		widths.every((width, i) => !attends(config, i) || attention_head_dim[i]! <= width),
		`at most as many heads as there are channels in a block with attention, ${widths}`,
		attention_head_dim,
	);
	check("block_out_channels", widths[0]! % 2 === 0, "an even first width, for sines and cosines", widths);
	check(
		"cross_attention_dim",
		new Set(cross_attention_dim).size === 1,
		"one width, as there is one condition",
		cross_attention_dim,
	);
	if (config.addition_embed_type) checkAddition(config, check);
	return config;
}

/** Whether a level has attention: on its way down, on its way up, or in the middle behind it. */
function attends({ down_block_types, up_block_types }: UNetConfig, level: number): boolean {
	const last = down_block_types.length - 1;
	const types = [down_block_types[level]!, up_block_types[last - level]!];
	return level === last || types.some((type) => type.startsWith("CrossAttn"));
}

function checkAddition(
	config: UNetConfig,
	check: (field: string, holds: boolean, expected: string, found: unknown) => void,
) {
	const {
		addition_time_embed_dim: each,
		projection_class_embeddings_input_dim: all,
		in_channels,
		out_channels,
	} = config;
	check("addition_time_embed_dim", each !== null && each % 2 === 0, "an even width, for sines and cosines", each);
	check(
		"projection_class_embeddings_input_dim",
		all !== null && pooledWidthOf(config)! > 0,
		`more than ${TIME_IDS} times addition_time_embed_dim, the rest for pooled text`,
		all,
	);
	check("out_channels", out_channels === in_channels, `as in_channels, ${in_channels}`, out_channels);
}
