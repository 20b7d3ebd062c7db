import { activationOf, type ResnetOptions, resnetBlock2D, spatialAttention, upsample2D } from "@drum/diffusion";
import { concat, conv2d, known, type Value, type Weights } from "@drum/graph";
import { addedKVAttention } from "./added-kv-attention.ts";
import { attentionOf, resamplesInResnet, upHeadsAt } from "./block-kinds.ts";
import type { BlockKind } from "./block-names.ts";
import type { UNetConfig } from "./config-schema.ts";
import type { BlockInputs } from "./inputs.ts";
import { transformer2DModel } from "./transformer-2d.ts";

// Mirrors diffusers' blocks of the same names:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/unets/unet_2d_blocks.py

/** A block on the way down. Returns the output of each layer; the last is the block's output. */
export function downBlock(w: Weights, config: UNetConfig, block: number, x: Value, inputs: BlockInputs): Value[] {
	const kind = config.down_block_types[block]!;
	const width = config.block_out_channels[block]!;
	const options = resnetOptions(config, kind, inputs);
	const results: Value[] = [];
	for (let layer = 0; layer < config.layers_per_block[block]!; layer++) {
		x = resnetBlock2D(w.at("resnets", layer), x, width, options);
		x = attend(w.at("attentions", layer), config, x, inputs, {
			kind,
			level: block,
			heads: config.attention_head_dim[block]!,
			layers: config.transformer_layers_per_block[block]![layer]!,
		});
		results.push(x);
	}
	if (block === config.block_out_channels.length - 1) return results;
	const down = w.at("downsamplers", 0);
	if (resamplesInResnet(kind)) return [...results, resnetBlock2D(down, x, width, { ...options, resample: "down" })];
	// Without padding diffusers adds one row below and one column to the right.
	const padding = config.downsample_padding === 0 ? ([0, 0, 1, 1] as const) : 1;
	return [...results, conv2d(down.at("conv"), x, width, 3, { stride: 2, padding })];
}

/** The middle block, if the network has one. */
export function midBlock(w: Weights, config: UNetConfig, x: Value, inputs: BlockInputs): Value {
	const { mid_block_type: kind, mid_block_scale_factor: divisor } = config;
	if (kind === null) return x;
	const width = known(x, 1);
	const last = config.block_out_channels.length - 1;
	const options = { ...resnetOptions(config, kind, inputs), divisor };
	x = resnetBlock2D(w.at("resnets", 0), x, width, options);
	if (kind === "UNetMidBlock2D") return x;
	x = attend(w.at("attentions", 0), config, x, inputs, {
		kind,
		level: last,
		heads: config.attention_head_dim[last]!,
		layers: config.transformer_layers_per_block[last]![0]!,
	});
	return resnetBlock2D(w.at("resnets", 1), x, width, options);
}

/** A block on the way up. Takes the last of `skips` before each layer. Returns the output of each layer; the last is the block's output. */
export function upBlock(
	w: Weights,
	config: UNetConfig,
	block: number,
	x: Value,
	skips: Value[],
	inputs: BlockInputs,
): Value[] {
	const level = config.block_out_channels.length - 1 - block;
	const kind = config.up_block_types[block]!;
	const width = config.block_out_channels[level]!;
	const options = resnetOptions(config, kind, inputs);
	const results: Value[] = [];
	for (let layer = 0; layer <= config.layers_per_block[level]!; layer++) {
		x = resnetBlock2D(w.at("resnets", layer), joined(x, skips.pop()!, inputs), width, options);
		x = attend(w.at("attentions", layer), config, x, inputs, {
			kind,
			level,
			heads: config.attention_head_dim[upHeadsAt(kind, level, block)]!,
			layers: config.reverse_transformer_layers_per_block[block]![layer]!,
		});
		results.push(x);
	}
	if (level === 0) return results;
	const up = w.at("upsamplers", 0);
	if (resamplesInResnet(kind)) return [...results, resnetBlock2D(up, x, width, { ...options, resample: "up" })];
	// A size that was odd before halving comes back.
	const next = skips.at(-1)!;
	return [...results, upsample2D(up, x, { height: known(next, 2), width: known(next, 3) })];
}

/** Concatenates the channels, widened to all conditions if one of the two has more. */
function joined(x: Value, skip: Value, { widen }: BlockInputs): Value {
	return concat(x.dims[0] === skip.dims[0] ? [x, skip] : [widen(x), widen(skip)], 1);
}

function resnetOptions(config: UNetConfig, kind: BlockKind, { time, activatedTime }: BlockInputs): ResnetOptions {
	// Only these kinds have their own settings for it.
	const own = resamplesInResnet(kind) || kind === "UNetMidBlock2DSimpleCrossAttn";
	return {
		groups: config.norm_num_groups,
		epsilon: config.norm_eps,
		activation: activationOf(config.act_fn),
		time: own && config.resnet_skip_time_act ? time : activatedTime,
		scaleShift: config.resnet_time_scale_shift === "scale_shift",
		divisor: own ? config.resnet_out_scale_factor : 1,
	};
}

interface Attending {
	kind: BlockKind;
	level: number;
	/** Its entry of `attention_head_dim`. */
	heads: number;
	/** Layers of each transformer. */
	layers: number;
}

/** The attention after a resnet, if this kind of block has one. */
function attend(
	w: Weights,
	config: UNetConfig,
	x: Value,
	inputs: BlockInputs,
	{ kind, level, heads, layers }: Attending,
): Value {
	const middle = kind.startsWith("UNetMid");
	const onlyCross = config.only_cross_attention[level]!;
	switch (attentionOf(kind)) {
		case "none":
			return x;
		case "pixels":
			return spatialAttention(w, x, { groups: config.norm_num_groups, epsilon: config.norm_eps, headWidth: heads });
		case "pixels and condition":
			return addedKVAttention(w, config, x, inputs, {
				headWidth: heads,
				onlyCross: middle ? config.mid_block_only_cross_attention : onlyCross,
			});
		case "transformer":
			return transformer2DModel(w, config, x, inputs, {
				heads,
				layers,
				onlyCross: !middle && onlyCross,
				depth: middle ? level + 1 : level,
			});
	}
}
