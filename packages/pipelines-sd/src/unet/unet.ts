import { add, conv2d, groupNorm, linear, mul, repeat, silu, sub, type Value, type Weights } from "@drum/graph";
import { downBlock2D, unetMidBlock2DCrossAttn, upBlock2D } from "./blocks.ts";
import type { UNetConfig } from "./config.ts";
import type { SelfAttention } from "./transformer-2d.ts";

// Mirrors diffusers' UNet2DConditionModel:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/unets/unet_2d_condition.py

export interface UNetInputs {
	/** `[batch, in_channels, height, width]`, or with `copies` `[pictures, …]`. */
	sample: Value;
	/** Sines and cosines of the timestep, `[1, block_out_channels[0]]`. */
	timestep: Value;
	/** For SDXL, pooled text and the sines and cosines of its time ids: `[1, projection_class_embeddings_input_dim]`. */
	added?: Value | undefined;
	/** The condition: `[batch, tokens, cross_attention_dim]`. */
	encoderHiddenStates: Value;
	/**
	 * Batch over pictures, int64 `[1]`: each picture is denoised under so many conditions. Up to the first look at a
	 * condition all of them are one computation, which saves 3 % of a guided step.
	 */
	copies?: Value | undefined;
	/** Takes the place of plain attention where a picture looks at itself; the weights are the same. */
	selfAttention?: SelfAttention | undefined;
}

export interface UNetOutputs {
	/** The predicted noise, or velocity, as the checkpoint was trained: `[batch, out_channels, height, width]`. */
	predicted: Value;
	/** What each part at the top of the checkpoint's tree of names gives. */
	parts: Record<string, Value>;
}

export function unet2DConditionModel(w: Weights, config: UNetConfig, inputs: UNetInputs): UNetOutputs {
	const { block_out_channels: widths, center_input_sample, norm_num_groups, norm_eps } = config;
	const sample = center_input_sample ? sub(mul(inputs.sample, 2), 1) : inputs.sample;
	const time = timestepMLP(w.at("time_embedding"), inputs.timestep, 4 * widths[0]!);
	const added = inputs.added && timestepMLP(w.at("add_embedding"), inputs.added, 4 * widths[0]!);
	// Every resnet begins with this SiLU, and takes nothing else of the embedding.
	const { copies, encoderHiddenStates: condition, selfAttention } = inputs;
	const [batch] = condition.dims;
	const widen = (x: Value) => (copies && x.dims[0] !== batch ? repeat(x, copies, batch!) : x);
	const given = { time: silu(added ? add(time, added) : time), condition, widen, selfAttention };

	let x = conv2d(w.at("conv_in"), sample, widths[0]!, 3, { padding: 1 });
	const parts: Record<string, Value> = { time_embedding: time, ...(added && { add_embedding: added }), conv_in: x };
	const skips = [x];
	for (const block of widths.keys()) {
		skips.push(...downBlock2D(w.at("down_blocks", block), config, block, x, given));
		x = skips.at(-1)!;
		parts[`down_blocks.${block}`] = x;
	}
	x = unetMidBlock2DCrossAttn(w.at("mid_block"), config, x, given);
	parts.mid_block = x;
	for (const block of widths.keys()) {
		x = upBlock2D(w.at("up_blocks", block), config, block, x, skips, given);
		parts[`up_blocks.${block}`] = x;
	}
	x = silu(groupNorm(w.at("conv_norm_out"), x, norm_num_groups, norm_eps));
	return { predicted: conv2d(w.at("conv_out"), x, config.out_channels, 3, { padding: 1 }), parts };
}

/** diffusers' `TimestepEmbedding`. */
function timestepMLP(w: Weights, x: Value, width: number): Value {
	return linear(w.at("linear_2"), silu(linear(w.at("linear_1"), x, width)), width);
}
