import { resnetBlock2D, upsample2D } from "@drum/diffusion";
import { concat, conv2d, known, type Value, type Weights } from "@drum/graph";
import type { UNetConfig } from "./config.ts";
import { type SelfAttention, type TransformerOptions, transformer2DModel } from "./transformer-2d.ts";

// Mirrors diffusers' blocks of the same names:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/unets/unet_2d_blocks.py

/** What every block gets beside the picture. */
export interface BlockInputs {
	/** SiLU of the time embedding, `[1, 4·width]`. */
	time: Value;
	/** `[batch, tokens, width]`. */
	condition: Value;
	/** What was the same for all conditions, as often as there are conditions. */
	widen(x: Value): Value;
	/** Takes the place of plain attention where a picture looks at itself. */
	selfAttention?: SelfAttention | undefined;
}

/** CrossAttnDownBlock2D and DownBlock2D; the results after each layer, the last of them the block's own. */
export function downBlock2D(w: Weights, config: UNetConfig, block: number, x: Value, inputs: BlockInputs): Value[] {
	const results: Value[] = [];
	for (let layer = 0; layer < config.layers_per_block[block]!; layer++) {
		x = resnet(w.at("resnets", layer), config, x, config.block_out_channels[block]!, inputs);
		if (config.down_block_types[block] === "CrossAttnDownBlock2D") {
			x = transformer2DModel(w.at("attentions", layer), config, x, inputs, transformerOptions(config, block));
		}
		results.push(x);
	}
	if (block < config.block_out_channels.length - 1) {
		// Without padding diffusers adds one row below and one column to the right.
		const padding = config.downsample_padding === 0 ? ([0, 0, 1, 1] as const) : 1;
		results.push(conv2d(w.at("downsamplers", 0, "conv"), x, known(x, 1), 3, { stride: 2, padding }));
	}
	return results;
}

export function unetMidBlock2DCrossAttn(w: Weights, config: UNetConfig, x: Value, inputs: BlockInputs): Value {
	const width = known(x, 1);
	const blocks = config.block_out_channels.length;
	const options = transformerOptions(config, blocks - 1);
	x = resnet(w.at("resnets", 0), config, x, width, inputs);
	x = transformer2DModel(w.at("attentions", 0), config, x, inputs, { ...options, onlyCross: false, depth: blocks });
	return resnet(w.at("resnets", 1), config, x, width, inputs);
}

/** CrossAttnUpBlock2D and UpBlock2D; takes the last of `skips` before each layer. */
export function upBlock2D(
	w: Weights,
	config: UNetConfig,
	block: number,
	x: Value,
	skips: Value[],
	inputs: BlockInputs,
): Value {
	const blocks = config.block_out_channels.length;
	const level = blocks - 1 - block;
	for (let layer = 0; layer <= config.layers_per_block[level]!; layer++) {
		const joined = concat([x, inputs.widen(skips.pop()!)], 1);
		x = resnet(w.at("resnets", layer), config, joined, config.block_out_channels[level]!, inputs);
		if (config.up_block_types[block] === "CrossAttnUpBlock2D") {
			x = transformer2DModel(w.at("attentions", layer), config, x, inputs, transformerOptions(config, level));
		}
	}
	if (block === blocks - 1) return x;
	// What was halved from an odd extent comes back to it.
	const next = skips.at(-1)!;
	return upsample2D(w.at("upsamplers", 0), x, { height: known(next, 2), width: known(next, 3) });
}

function resnet(w: Weights, config: UNetConfig, x: Value, out: number, { time }: BlockInputs): Value {
	return resnetBlock2D(w, x, out, { groups: config.norm_num_groups, epsilon: config.norm_eps, time });
}

function transformerOptions(config: UNetConfig, level: number): TransformerOptions {
	return {
		heads: config.attention_head_dim[level]!,
		layers: config.transformer_layers_per_block[level]!,
		onlyCross: config.only_cross_attention[level]!,
		depth: level,
	};
}
