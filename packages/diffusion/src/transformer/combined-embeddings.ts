import { add, linear, silu, type Value, type Weights } from "@drum/graph";

// Mirrors diffusers' CombinedTimestepTextProjEmbeddings and CombinedTimestepGuidanceTextProjEmbeddings:
// https://github.com/huggingface/diffusers/blob/v0.36.0/src/diffusers/models/embeddings.py

/** Width of the sines and cosines that time and guidance enter as. */
export const TIME_CHANNELS = 256;

export interface CombinedEmbeddingInputs {
	/** `timestepEmbedding` of the timestep, `[1, 256]`. */
	timestep: Value;
	/** `timestepEmbedding` of 1000 times the guidance, for a model distilled with it. */
	guidance?: Value | undefined;
	/** `[1, pooled width]`. */
	pooledProjections: Value;
}

/** Time, guidance and pooled condition as one vector, `[1, width]`. */
export function combinedEmbeddings(
	w: Weights,
	width: number,
	{ timestep, guidance, pooledProjections }: CombinedEmbeddingInputs,
): Value {
	const embed = (at: Weights, x: Value) => linear(at.at("linear_2"), silu(linear(at.at("linear_1"), x, width)), width);
	let time = embed(w.at("timestep_embedder"), timestep);
	if (guidance) time = add(time, embed(w.at("guidance_embedder"), guidance));
	return add(time, embed(w.at("text_embedder"), pooledProjections));
}
