import {
	adaLayerNormContinuous,
	type CombinedEmbeddingInputs,
	combinedEmbeddings,
	type FirstBlockParts,
	firstBlockParts,
	PREVIOUS,
	TIME_CHANNELS,
} from "@drum/diffusion";
import { cast, linear, silu, slice, type Value, type Weights, where } from "@drum/graph";
import type { SD3Config } from "./config.ts";
import { type JointStreams, jointTransformerBlock } from "./joint-transformer-block.ts";
import { patchEmbed, positionsInput } from "./patch-embed.ts";

// Mirrors diffusers' SD3Transformer2DModel:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/transformers/transformer_sd3.py

/** The input that says which blocks are left out. */
export const SKIP = "skip_layers";

export interface SD3Inputs extends CombinedEmbeddingInputs {
	/** Patches of latents `[1, patches, in_channels · patch_size²]`. */
	hiddenStates: Value;
	/** The condition `[1, tokens, joint_attention_dim]`. */
	encoderHiddenStates: Value;
	/** The position of each patch, `[patches, width]`. */
	positions: Value;
	/** 1 for each block that is left out, int64 `[num_layers]`; undefined for a network that leaves none out. */
	skip: Value | undefined;
	/** What the first block added in an earlier call, for a network that is cut after it: `[1, patches, width]`. */
	previous?: Value | undefined;
}

export interface SD3Outputs {
	/** The velocity `[1, patches, patch_size² · out_channels]`. */
	predicted: Value;
	/** The output of each top-level module of the checkpoint, by its name. */
	parts: Record<string, Value>;
	firstBlock: FirstBlockParts | undefined;
}

/** The graph's inputs, with diffusers' names. */
export function sd3Inputs(weights: Weights, config: SD3Config, { skips = false, cut = false } = {}): SD3Inputs {
	const { graph } = weights;
	const { in_channels, patch_size, joint_attention_dim, pooled_projection_dim, num_layers, width } = config;
	return {
		hiddenStates: graph.input("hidden_states", "float32", [1, "patches", in_channels * patch_size ** 2]),
		encoderHiddenStates: graph.input("encoder_hidden_states", "float32", [1, "tokens", joint_attention_dim]),
		pooledProjections: graph.input("pooled_projections", "float32", [1, pooled_projection_dim]),
		timestep: graph.input("timestep", "float32", [1, TIME_CHANNELS]),
		positions: positionsInput(weights, config),
		skip: skips ? graph.input(SKIP, "int64", [num_layers]) : undefined,
		previous: cut ? graph.port(PREVIOUS, "float32", [1, "patches", width]) : undefined,
	};
}

export function sd3Transformer2DModel(w: Weights, config: SD3Config, inputs: SD3Inputs): SD3Outputs {
	const { width, num_layers, num_attention_heads: heads, dual_attention_layers, patch_size, in_channels } = config;
	const embedding = combinedEmbeddings(w.at("time_text_embed"), width, inputs);
	const temb = silu(embedding);
	let streams: JointStreams = {
		image: patchEmbed(w.at("pos_embed"), config, inputs.hiddenStates, inputs.positions),
		text: linear(w.at("context_embedder"), inputs.encoderHiddenStates, width),
	};
	const parts: Record<string, Value> = {
		time_text_embed: embedding,
		pos_embed: streams.image,
		context_embedder: streams.text,
	};
	const skip = inputs.skip && cast(inputs.skip, "bool");
	const images = [streams.image];
	for (let i = 0; i < num_layers; i++) {
		const contextPreOnly = i === num_layers - 1;
		const dual = dual_attention_layers.includes(i);
		const options = { heads, norm: config.qk_norm, dual, contextPreOnly };
		const before = streams;
		streams = jointTransformerBlock(w.at("transformer_blocks", i), before, temb, options);
		// Selects one of the two without arithmetic, so that a block that stays gives exactly its own numbers.
		if (skip) streams = chosen(slice(skip, 0, i, i + 1), before, streams);
		images.push(streams.image);
		parts[`transformer_blocks.${i}.image`] = streams.image;
		if (!contextPreOnly) parts[`transformer_blocks.${i}.text`] = streams.text;
	}
	const firstBlock = inputs.previous && firstBlockParts(images, inputs.previous);
	const normed = adaLayerNormContinuous(w.at("norm_out"), firstBlock?.last ?? streams.image, temb);
	parts.norm_out = normed;
	return { predicted: linear(w.at("proj_out"), normed, patch_size ** 2 * in_channels), parts, firstBlock };
}

function chosen(skip: Value, before: JointStreams, after: JointStreams): JointStreams {
	return { image: where(skip, before.image, after.image), text: where(skip, before.text, after.text) };
}
