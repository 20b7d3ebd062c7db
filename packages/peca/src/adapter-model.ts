import {
	addLayerNorm,
	attention,
	type Graph,
	linear,
	mergeHeads,
	mul,
	quickGelu,
	splitHeads,
	sub,
	type Value,
	type Weights,
} from "@drum/graph";
import { attendReferences, guide, type ReferenceKeys, referenceKeys } from "./guidance.ts";

// The personalised conditioning adapter, paper section 4.3, with the published weights' names. Mirrors PersonalizedAdapter:
// https://github.com/Burf/DrUM/blob/main/drum/model.py

/** An adapter's sizes, from its weights and its encoder. */
export interface AdapterConfig {
	/** The encoder's width. */
	width: number;
	/** The width inside the blocks: the encoder's width, or a quarter of it for T5. */
	inner: number;
	/** Attention heads inside the blocks. */
	heads: number;
	/** Rows of a condition, one for each token. */
	tokens: number;
	/** Rows of the query: `tokens`, plus one for an encoder with a class row. */
	rows: number;
	/** Number of blocks: 10 in the published adapters. */
	layers: number;
}

/** References in chunks: hidden states `[chunks, size, tokens, width]`, shares pᵢ / Σⱼ pⱼ `[chunks, size]`, 0 for padding. */
export interface ReferenceInputs {
	references: Value;
	shares: Value;
}

export function referenceInputs(graph: Graph, { tokens, width }: AdapterConfig): ReferenceInputs {
	return {
		references: graph.input("references", "float32", ["chunks", "size", tokens, width]),
		shares: graph.input("shares", "float32", ["chunks", "size"]),
	};
}

/** T5's linear layer before the blocks, which reduces its width. CLIP has none. */
function preProject(w: Weights, { width, inner }: AdapterConfig, x: Value): Value {
	return width === inner ? x : linear(w.at("pre_proj"), x, inner);
}

/**
 * The references' part of a block's attention, Σᵢ (pᵢ / Σⱼ pⱼ)·A(q, yᵢ) of equation 2, for the block's index and its queries
 * `[batch, heads, rows, head width]`. It has the shape of the queries.
 */
export type References = (layer: number, query: Value) => Value;

/** References whose keys and values are computed during each run, one chunk at a time. */
export function passingReferences(
	w: Weights,
	config: AdapterConfig,
	{ references, shares }: ReferenceInputs,
): References {
	return attendInPassing(w, config, preProject(w, config, references), shares);
}

/** As `passingReferences`, for `references` of the inner width: `[chunks, size, tokens, inner]`. */
function attendInPassing(w: Weights, config: AdapterConfig, references: Value, shares: Value): References {
	return (layer, query) =>
		query.graph.scan(mul(query, 0), [references, shares], (sum, chunk, share) => {
			const keys = referenceKeys(w.at("tf", layer, "attn"), chunk!, share!, config.heads);
			return attendReferences(sum, query, keys, config.tokens);
		});
}

/**
 * References whose keys and values were computed before, `[chunks, …]` for each block. The first block's queries never change, so for that
 * block the whole sum was computed: `first` `[1, rows, inner]`.
 */
export function preparedReferences(
	config: AdapterConfig,
	first: Value,
	prepared: readonly ReferenceKeys[],
): References {
	return (layer, query) => {
		if (layer === 0) return splitHeads(first, config.heads);
		const { keys, values } = prepared[layer - 1]!;
		return query.graph.scan(mul(query, 0), [keys, values], (sum, k, v) =>
			attendReferences(sum, query, { keys: k!, values: v! }, config.tokens),
		);
	};
}

/** Computes what `preparedReferences` takes: the first block's sum `[1, rows, inner]`, and the later blocks' keys and values. */
export function prepareReferences(w: Weights, config: AdapterConfig, baseQuery: Value, inputs: ReferenceInputs) {
	const query = linear(w.at("tf", 0, "attn", "query"), preProject(w, config, baseQuery), config.inner);
	const references = preProject(w, config, inputs.references);
	const passing = attendInPassing(w, config, references, inputs.shares);
	const first = mergeHeads(passing(0, splitHeads(query, config.heads)));
	const prepared = Array.from({ length: config.layers - 1 }, (_, i) =>
		referenceKeys(w.at("tf", i + 1, "attn"), references, inputs.shares, config.heads),
	);
	return { first, prepared };
}

/**
 * The adapter with the guidance of equation 2 in each block: `baseQuery` `[batch, rows, width]`, `target` `[batch, tokens, width]`, `alpha`
 * `[1]` → `[batch, rows, width]`.
 */
export function personalizedAdapter(
	w: Weights,
	config: AdapterConfig,
	baseQuery: Value,
	target: Value,
	alpha: Value,
	references: References,
): Value {
	const { heads } = config;
	const rest = sub(w.graph.scalar(1), alpha);
	const attend: Attend = (layer, query, key, value) => {
		const guided = mergeHeads(references(layer, splitHeads(query, heads)));
		return guide(attention(query, key, value, { heads }), guided, alpha, rest);
	};
	return adapter(w, config, baseQuery, target, attend, addLayerNorm);
}

/** A block's attention, for its index, its queries `[batch, rows, inner]` and the context's keys and values `[batch, tokens, inner]`. */
export type Attend = (layer: number, query: Value, key: Value, value: Value) => Value;

/** The residual connection after each half of a block: the norm at `w` of `x + y`, where `y` is the output of that half. */
export type Join = (w: Weights, x: Value, y: Value) => Value;

/**
 * All blocks of the adapter (paper section 4.3): `baseQuery` `[batch or 1, rows, width]`, `context` `[batch, tokens, width]` → `[batch, rows,
 * width]`. Keys and values come from `context` in every block.
 */
export function adapter(
	w: Weights,
	config: AdapterConfig,
	baseQuery: Value,
	context: Value,
	attend: Attend,
	join: Join,
): Value {
	const { width, inner, layers } = config;
	const projected = preProject(w, config, context);
	let x = preProject(w, config, baseQuery);
	for (let layer = 0; layer < layers; layer++) {
		const block = w.at("tf", layer);
		const attn = block.at("attn");
		const query = linear(attn.at("query"), x, inner);
		const [key, value] = ["key", "value"].map((name) => linear(attn.at(name), projected, inner));
		const attended = attend(layer, query, key!, value!);
		x = join(block.at("norm1"), x, linear(attn.at("proj"), attended, inner));
		const hidden = quickGelu(linear(block.at("ff", 0), x, width / 4));
		x = join(block.at("norm2"), x, linear(block.at("ff", 2), hidden, inner));
	}
	return width === inner ? x : linear(w.at("post_proj"), x, width);
}
