import { known, type Value, type Weights } from "@drum/graph";
import { activationOf } from "../activations.ts";
import type { VaeConfig } from "./config.ts";
import { type ResnetOptions, resnetBlock2D } from "./resnet.ts";
import { spatialAttention } from "./spatial-attention.ts";

// Mirrors diffusers' UNetMidBlock2D, which both halves of an AutoencoderKL have:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/unets/unet_2d_blocks.py

/** Of all norms of an autoencoder. */
export const EPSILON = 1e-6;

/** What every resnet of an autoencoder has. */
export function resnetOptions({ norm_num_groups, act_fn }: VaeConfig): ResnetOptions {
	return { groups: norm_num_groups, epsilon: EPSILON, activation: activationOf(act_fn) };
}

export function unetMidBlock2D(w: Weights, config: VaeConfig, x: Value): Value {
	const width = known(x, 1);
	const options = resnetOptions(config);
	x = resnetBlock2D(w.at("resnets", 0), x, width, options);
	if (config.mid_block_add_attention) x = spatialAttention(w.at("attentions", 0), x, options);
	return resnetBlock2D(w.at("resnets", 1), x, width, options);
}
