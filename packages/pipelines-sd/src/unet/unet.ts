import { activationOf } from "@drum/diffusion";
import { conv2d, groupNorm, linear, mul, repeat, sub, type Value, type Weights } from "@drum/graph";
import { downBlock, midBlock, upBlock } from "./blocks.ts";
import type { UNetConfig } from "./config-schema.ts";
import type { UNetInputs } from "./inputs.ts";
import { timeEmbedding } from "./time-embedding.ts";

// Mirrors diffusers' UNet2DConditionModel:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/unets/unet_2d_condition.py

export interface UNetOutputs {
	/** The predicted noise, or velocity, as the checkpoint was trained: `[batch, out_channels, height, width]`. */
	predicted: Value;
	/** The output of each top-level module of the checkpoint, by its name. */
	parts: Record<string, Value>;
	/** The input of each layer of each block on the way up, and the block's output last. */
	entering: Value[][];
}

export function unet2DConditionModel(w: Weights, config: UNetConfig, inputs: UNetInputs): UNetOutputs {
	const { block_out_channels: widths, center_input_sample, norm_num_groups, norm_eps, encoder_hid_dim } = config;
	const sample = center_input_sample ? sub(mul(inputs.sample, 2), 1) : inputs.sample;
	const activation = activationOf(config.act_fn);
	const { embedding, parts: timeParts } = timeEmbedding(w, config, inputs);
	const { copies, encoderHiddenStates: given, selfAttention } = inputs;
	const condition =
		encoder_hid_dim === null ? given : linear(w.at("encoder_hid_proj"), given, config.cross_attention_dim[0]!);
	const [batch] = condition.dims;
	const widen = (x: Value) => (copies && x.dims[0] !== batch ? repeat(x, copies, batch!) : x);
	const shared = { time: embedding, activatedTime: activation(embedding), condition, widen, selfAttention };

	let x = conv2d(w.at("conv_in"), sample, widths[0]!, config.conv_in_kernel, { padding: half(config.conv_in_kernel) });
	const parts: Record<string, Value> = { ...timeParts, conv_in: x };
	const skips = [x];
	for (const block of widths.keys()) {
		skips.push(...downBlock(w.at("down_blocks", block), config, block, x, shared));
		x = skips.at(-1)!;
		parts[`down_blocks.${block}`] = x;
	}
	x = midBlock(w.at("mid_block"), config, x, shared);
	parts.mid_block = x;
	const entering: Value[][] = [];
	for (const block of widths.keys()) {
		const results = upBlock(w.at("up_blocks", block), config, block, x, skips, shared);
		entering.push([x, ...results]);
		x = results.at(-1)!;
		parts[`up_blocks.${block}`] = x;
	}
	x = activation(groupNorm(w.at("conv_norm_out"), widen(x), norm_num_groups, norm_eps));
	const { conv_out_kernel, out_channels } = config;
	const predicted = conv2d(w.at("conv_out"), x, out_channels, conv_out_kernel, { padding: half(conv_out_kernel) });
	return { predicted, parts, entering };
}

function half(kernel: number): number {
	return (kernel - 1) / 2;
}
