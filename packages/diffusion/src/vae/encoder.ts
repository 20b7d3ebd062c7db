import { conv2d, groupNorm, silu, split, type Value, type Weights } from "@drum/graph";
import type { VaeConfig } from "./config.ts";
import { EPSILON, resnetOptions, unetMidBlock2D } from "./mid-block.ts";
import { resnetBlock2D } from "./resnet.ts";
import { spatialAttention } from "./spatial-attention.ts";

// Mirrors the encoding half of diffusers' AutoencoderKL:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/autoencoders/vae.py

export interface VaeEncoderOutputs {
	/** Of the latents, unscaled: `[batch, latent_channels, height, width]`. */
	mean: Value;
	/** The logarithm of their variance, as the network gives it. */
	logvar: Value;
	/** What each part of the encoder gives, by its name in the checkpoint. */
	parts: Record<string, Value>;
}

/** Pictures `[batch, in_channels, height, width]` in −1 … 1 → what their latents may be, 2^(blocks − 1) times less high and wide. */
export function vaeEncoder(weights: Weights, config: VaeConfig, pictures: Value): VaeEncoderOutputs {
	const parts: Record<string, Value> = {};
	let moments = encoder(weights.at("encoder"), config, pictures, parts);
	if (config.use_quant_conv) {
		moments = conv2d(weights.at("quant_conv"), moments, 2 * config.latent_channels, 1);
		parts.quant_conv = moments;
	}
	const [mean, logvar] = split(moments, 2, 1);
	return { mean: mean!, logvar: logvar!, parts };
}

function encoder(w: Weights, config: VaeConfig, pictures: Value, parts: Record<string, Value>): Value {
	const { block_out_channels: widths, norm_num_groups, latent_channels } = config;
	let x = conv2d(w.at("conv_in"), pictures, widths[0]!, 3, { padding: 1 });
	parts.conv_in = x;
	for (const [i, width] of widths.entries()) {
		x = downEncoderBlock2D(w.at("down_blocks", i), config, i, x, width);
		parts[`down_blocks.${i}`] = x;
	}
	x = unetMidBlock2D(w.at("mid_block"), config, x);
	parts.mid_block = x;
	x = silu(groupNorm(w.at("conv_norm_out"), x, norm_num_groups, EPSILON));
	return conv2d(w.at("conv_out"), x, 2 * latent_channels, 3, { padding: 1 });
}

/** DownEncoderBlock2D and AttnDownEncoderBlock2D. */
function downEncoderBlock2D(w: Weights, config: VaeConfig, block: number, x: Value, width: number): Value {
	const options = resnetOptions(config);
	for (let layer = 0; layer < config.layers_per_block; layer++) {
		x = resnetBlock2D(w.at("resnets", layer), x, width, options);
		if (config.down_block_types?.[block] === "AttnDownEncoderBlock2D") {
			x = spatialAttention(w.at("attentions", layer), x, options);
		}
	}
	if (block === config.block_out_channels.length - 1) return x;
	// diffusers adds one row below and one column to the right.
	return conv2d(w.at("downsamplers", 0, "conv"), x, width, 3, { stride: 2, padding: [0, 0, 1, 1] });
}
