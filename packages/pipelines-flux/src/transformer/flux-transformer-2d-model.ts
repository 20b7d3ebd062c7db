import {
	adaLayerNormContinuous,
	type CombinedEmbeddingInputs,
	combinedEmbeddings,
	type FirstBlockParts,
	firstBlockParts,
} from "@drum/diffusion";
import { concat, linear, silu, splitLike, type Value, type Weights } from "@drum/graph";
import { fluxSingleTransformerBlock, fluxTransformerBlock, type Rotary } from "./blocks.ts";
import type { FluxConfig } from "./config.ts";

// Mirrors diffusers' FluxTransformer2DModel:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/transformers/transformer_flux.py

export interface FluxInputs extends CombinedEmbeddingInputs {
	/** Packed latents `[1, patches, in_channels]`. */
	hiddenStates: Value;
	/** T5's condition `[1, tokens, joint_attention_dim]`. */
	encoderHiddenStates: Value;
	/** Positions of the condition's tokens, then of the patches. */
	rotary: Rotary;
	/** What the first block added in an earlier call, for a network that is cut after it: `[1, patches, width]`. */
	previous?: Value | undefined;
}

export interface FluxOutputs {
	/** The velocity `[1, patches, in_channels]`. */
	predicted: Value;
	/** The output of each top-level module of the checkpoint, by its name. */
	parts: Record<string, Value>;
	firstBlock: FirstBlockParts | undefined;
}

export function fluxTransformer2DModel(w: Weights, config: FluxConfig, inputs: FluxInputs): FluxOutputs {
	const { width, num_layers, num_single_layers, in_channels } = config;
	const embedding = combinedEmbeddings(w.at("time_text_embed"), width, inputs);
	const temb = silu(embedding);
	let image = linear(w.at("x_embedder"), inputs.hiddenStates, width);
	let text = linear(w.at("context_embedder"), inputs.encoderHiddenStates, width);
	const parts: Record<string, Value> = { time_text_embed: embedding, x_embedder: image, context_embedder: text };
	const images = [image];
	for (let i = 0; i < num_layers; i++) {
		[text, image] = fluxTransformerBlock(w.at("transformer_blocks", i), config, text, image, temb, inputs.rotary);
		images.push(image);
		parts[`transformer_blocks.${i}.text`] = text;
		parts[`transformer_blocks.${i}.image`] = image;
	}
	let both = concat([text, image], 1);
	for (let i = 0; i < num_single_layers; i++) {
		both = fluxSingleTransformerBlock(w.at("single_transformer_blocks", i), config, both, temb, inputs.rotary);
		parts[`single_transformer_blocks.${i}`] = both;
	}
	const [, ofImage] = splitLike(both, [text, image], 1) as [Value, Value];
	const firstBlock = inputs.previous && firstBlockParts([...images, ofImage], inputs.previous);
	const normed = adaLayerNormContinuous(w.at("norm_out"), firstBlock?.last ?? ofImage, temb);
	parts.norm_out = normed;
	return { predicted: linear(w.at("proj_out"), normed, in_channels), parts, firstBlock };
}
