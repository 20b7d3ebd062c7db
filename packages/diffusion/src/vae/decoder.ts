import { conv2d, groupNorm, silu, type Value, type Weights } from "@drum/graph";
import type { VaeConfig } from "./config.ts";
import { EPSILON, resnetOptions, unetMidBlock2D } from "./mid-block.ts";
import { resnetBlock2D, upsample2D } from "./resnet.ts";
import { spatialAttention } from "./spatial-attention.ts";

// Mirrors the decoding half of diffusers' AutoencoderKL:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/autoencoders/vae.py

export interface VaeOutputs {
	picture: Value;
	/** What each part of the decoder gives, by its name in the checkpoint. */
	parts: Record<string, Value>;
}

/** Latents `[batch, latent_channels, height, width]`, unscaled, → pictures in about −1 … 1, 2^(blocks − 1) times as high and wide. */
export function vaeDecoder(weights: Weights, config: VaeConfig, latents: Value): VaeOutputs {
	const { latent_channels, use_post_quant_conv } = config;
	const z = use_post_quant_conv ? conv2d(weights.at("post_quant_conv"), latents, latent_channels, 1) : latents;
	const parts: Record<string, Value> = use_post_quant_conv ? { post_quant_conv: z } : {};
	return { picture: decoder(weights.at("decoder"), config, z, parts), parts };
}

function decoder(w: Weights, config: VaeConfig, z: Value, parts: Record<string, Value>): Value {
	const widths = config.block_out_channels.toReversed();
	let x = conv2d(w.at("conv_in"), z, widths[0]!, 3, { padding: 1 });
	parts.conv_in = x;
	x = unetMidBlock2D(w.at("mid_block"), config, x);
	parts.mid_block = x;
	for (const [i, width] of widths.entries()) {
		x = upDecoderBlock2D(w.at("up_blocks", i), config, i, x, width);
		parts[`up_blocks.${i}`] = x;
	}
	x = silu(groupNorm(w.at("conv_norm_out"), x, config.norm_num_groups, EPSILON));
	return conv2d(w.at("conv_out"), x, config.out_channels, 3, { padding: 1 });
}

/** UpDecoderBlock2D and AttnUpDecoderBlock2D. */
function upDecoderBlock2D(w: Weights, config: VaeConfig, block: number, x: Value, width: number): Value {
	const options = resnetOptions(config);
	for (let layer = 0; layer <= config.layers_per_block; layer++) {
		x = resnetBlock2D(w.at("resnets", layer), x, width, options);
		if (config.up_block_types[block] === "AttnUpDecoderBlock2D") {
			x = spatialAttention(w.at("attentions", layer), x, options);
		}
	}
	return block < config.block_out_channels.length - 1 ? upsample2D(w.at("upsamplers", 0), x) : x;
}
