import { parseConfig } from "@drum/diffusion";
import { CheckpointError, shown } from "@drum/tensor";
import { pooledWidthOf, TIME_IDS } from "./added-condition.ts";
import { attentionsOf } from "./block-kinds.ts";
import { type ParsedUNetConfig as Parsed, type UNetConfig, unetSchema } from "./config-schema.ts";

type Check = (field: string, holds: boolean, expected: string, found: unknown) => void;

/**
 * Reads `config.json` of a UNet2DConditionModel that draws from text.
 * @throws CheckpointError that names the field that is missing, out of range or not supported
 */
export function parseUNetConfig(json: unknown, name: string): UNetConfig {
	const kind = "the config.json of a UNet of Stable Diffusion 1, 2 or XL";
	const { sample_size, ...settings } = parseConfig(unetSchema, json, name, kind);
	const check: Check = (field, holds, expected, found) => {
		if (!holds) throw new CheckpointError({ what: `${field} of ${name}`, expected, found: shown(found) });
	};
	const blocks = settings.block_out_channels.length;
	const perBlock = <T>(field: keyof Parsed, value: T | T[]): T[] => {
		if (!Array.isArray(value)) return Array.from({ length: blocks }, () => value);
		check(field, value.length === blocks, `${blocks} values, one for each of block_out_channels`, value);
		return value;
	};
	for (const field of ["down_block_types", "up_block_types"] as const) perBlock(field, settings[field]);
	const { only_cross_attention: onlyCross, mid_block_only_cross_attention: midOnlyCross } = settings;
	const cross_attention_dim = perBlock("cross_attention_dim", settings.cross_attention_dim);
	const layers_per_block = perBlock("layers_per_block", settings.layers_per_block);
	const looking = attentionsOf(settings).filter(({ attention }) => attention !== "pixels");
	const attending = looking.map(({ level }) => cross_attention_dim[level]!);
	check(
		"cross_attention_dim",
		new Set(attending).size <= 1,
		"one width, as there is one condition",
		cross_attention_dim,
	);
	const crossWidth = attending[0] ?? cross_attention_dim[0]!;
	const config: UNetConfig = {
		...settings,
		sample_size: typeof sample_size === "number" ? [sample_size, sample_size] : sample_size,
		only_cross_attention: perBlock("only_cross_attention", onlyCross),
		mid_block_only_cross_attention: midOnlyCross ?? (typeof onlyCross === "boolean" && onlyCross),
		layers_per_block,
		cross_attention_dim: cross_attention_dim.map(() => crossWidth),
		...transformerLayers(settings, layers_per_block, perBlock, check),
		attention_head_dim: perBlock("attention_head_dim", settings.attention_head_dim),
		conditionWidth: settings.encoder_hid_dim ?? crossWidth,
	};
	checkWidths(config, check);
	if (config.addition_embed_type === "text_time") checkAddition(config, check);
	return config;
}

/** The depth of each layer's transformer, both ways. */
function transformerLayers(
	{
		transformer_layers_per_block: given,
		reverse_transformer_layers_per_block: reversed,
	}: Pick<Parsed, "transformer_layers_per_block" | "reverse_transformer_layers_per_block">,
	layers: readonly number[],
	perBlock: <T>(field: keyof Parsed, value: T | T[]) => T[],
	check: Check,
) {
	const field = "transformer_layers_per_block";
	const down = perBlock(field, given);
	const nested = down.some(Array.isArray);
	check(`reverse_${field}`, !nested || reversed !== null, `a list beside a nested ${field}`, reversed);
	const up = reversed ? perBlock(`reverse_${field}`, reversed) : down.toReversed();
	const ofLayers = (name: string, value: number | number[], count: number): number[] => {
		if (!Array.isArray(value)) return Array.from({ length: count }, () => value);
		check(name, value.length >= count, `${count} values in a list, one for each layer`, value);
		return value;
	};
	return {
		[field]: down.map((value, level) => ofLayers(field, value, layers[level]!)),
		[`reverse_${field}` as const]: up.map((value, i) => ofLayers(`reverse_${field}`, value, layers.at(-1 - i)! + 1)),
	} as Pick<UNetConfig, "transformer_layers_per_block" | "reverse_transformer_layers_per_block">;
}

function checkWidths(config: UNetConfig, check: Check): void {
	const { block_out_channels: widths, norm_num_groups, attention_head_dim: heads, addition_embed_type } = config;
	const grouped = widths.every((width) => width % norm_num_groups === 0);
	check("norm_num_groups", grouped, `a divisor of ${widths}`, norm_num_groups);
	const attending = attentionsOf(config).map((each) => ({
		...each,
		width: widths[each.level]!,
		head: heads[each.heads]!,
	}));
	const few = attending.every(({ width, head }) => head <= width);
	check("attention_head_dim", few, `at most the number of channels of a block with attention, ${widths}`, heads);
	const whole = attending.every(
		({ attention, width, head }) => attention !== "pixels and condition" || width % head === 0,
	);
	check("attention_head_dim", whole, `divisors of the channels of SimpleCrossAttn blocks, ${widths}`, heads);
	const { encoder_hid_dim: hidden, encoder_hid_dim_type: projection } = config;
	check("encoder_hid_dim", projection === null || hidden !== null, "a width, as encoder_hid_dim_type is there", hidden);
	const fourier = config.time_embedding_type !== "fourier" || timeWidthOf(config) % 2 === 0;
	check("time_embedding_dim", fourier, "an even width, for sines and cosines", config.time_embedding_dim);
	const { addition_embed_type_num_heads: pooling, conditionWidth } = config;
	const pooled = addition_embed_type !== "text" || conditionWidth % pooling === 0;
	check("addition_embed_type_num_heads", pooled, `a divisor of ${conditionWidth}`, pooling);
}

/** Width of the network's timestep input: of its sines and cosines, or 1 for the number itself. */
export function timestepWidthOf({ time_embedding_type, block_out_channels }: UNetConfig): number {
	return time_embedding_type === "fourier" ? 1 : block_out_channels[0]!;
}

/** Channels that an inpainting network takes after the latents: the mask, and the latents of the masked picture. Undefined for others. */
export function maskChannelsOf({ in_channels, out_channels }: UNetConfig): number | undefined {
	return in_channels === 2 * out_channels + 1 ? 1 + out_channels : undefined;
}

/** Width of the time embedding. */
export function timeWidthOf({ time_embedding_dim, time_embedding_type, block_out_channels }: UNetConfig): number {
	return time_embedding_dim ?? block_out_channels[0]! * (time_embedding_type === "fourier" ? 2 : 4);
}

function checkAddition(config: UNetConfig, check: Check): void {
	const {
		addition_time_embed_dim: each,
		projection_class_embeddings_input_dim: all,
		in_channels,
		out_channels,
	} = config;
	check("addition_time_embed_dim", each !== null, "a width, for sines and cosines", each);
	check(
		"projection_class_embeddings_input_dim",
		all !== null && pooledWidthOf(config)! > 0,
		`more than ${TIME_IDS} times addition_time_embed_dim, the rest for pooled text`,
		all,
	);
	const fits = in_channels === out_channels + (maskChannelsOf(config) ?? 0);
	check("out_channels", fits, `as in_channels, ${in_channels}`, out_channels);
}
