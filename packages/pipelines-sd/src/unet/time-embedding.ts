import { type Activation, activationOf } from "@drum/diffusion";
import {
	add,
	attention,
	concat,
	cos,
	known,
	layerNorm,
	linear,
	mul,
	reduceMean,
	reshape,
	silu,
	sin,
	type Value,
	type Weights,
} from "@drum/graph";
import { timeWidthOf } from "./config.ts";
import type { UNetConfig } from "./config-schema.ts";
import type { UNetInputs } from "./inputs.ts";

// Mirrors TimestepEmbedding, GaussianFourierProjection and TextTimeEmbedding of diffusers:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/embeddings.py

/** The embedding of the time and what is added to it, `[1, width]`, for every resnet, and its parts by name. */
export function timeEmbedding(w: Weights, config: UNetConfig, inputs: UNetInputs) {
	const width = timeWidthOf(config);
	const { act_fn, timestep_post_act, time_embedding_act_fn, addition_embed_type } = config;
	let sample = inputs.timestep;
	if (config.time_embedding_type === "fourier")
		sample = fourierProjection(w.at("time_proj"), config, sample, width / 2);
	if (inputs.guidance) {
		const projected = linear(w.at("time_embedding", "cond_proj"), inputs.guidance, known(sample, -1), { bias: false });
		sample = add(sample, projected);
	}
	const post = timestep_post_act && activationOf(timestep_post_act);
	const time = timestepMLP(w.at("time_embedding"), sample, width, activationOf(act_fn), post ?? undefined);
	const added =
		addition_embed_type === "text"
			? textTimeEmbedding(
					w.at("add_embedding"),
					inputs.encoderHiddenStates,
					width,
					config.addition_embed_type_num_heads,
				)
			: inputs.added && timestepMLP(w.at("add_embedding"), inputs.added, width, silu);
	const sum = added ? add(time, added) : time;
	const embedding = time_embedding_act_fn ? activationOf(time_embedding_act_fn)(sum) : sum;
	return { embedding, parts: { time_embedding: time, ...(added && { add_embedding: added }) } };
}

/** diffusers' `TimestepEmbedding`. */
function timestepMLP(w: Weights, x: Value, width: number, activation: Activation, post?: Activation): Value {
	const out = linear(w.at("linear_2"), activation(linear(w.at("linear_1"), x, width)), width);
	return post ? post(out) : out;
}

/** Sines and cosines of `timestep` `[1, 1]`, at the checkpoint's frequencies. */
function fourierProjection(w: Weights, { flip_sin_to_cos }: UNetConfig, timestep: Value, count: number): Value {
	const turns = mul(timestep, reshape(w.get("weight", [count]), [1, count]));
	const angles = mul(mul(turns, 2), Math.PI);
	return concat(flip_sin_to_cos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}

/** The condition `[1, tokens, width]`, pooled by attention of its mean to all tokens → `[1, out]`. */
function textTimeEmbedding(w: Weights, condition: Value, out: number, heads: number): Value {
	const pool = w.at("pool");
	const width = known(condition, -1);
	const tokens = layerNorm(w.at("norm1"), condition);
	const mean = add(
		reduceMean(tokens, [1], { keep: true }),
		reshape(pool.get("positional_embedding", [1, width]), [1, 1, width]),
	);
	const all = concat([mean, tokens], 1);
	const [q, k, v] = [
		linear(pool.at("q_proj"), mean, width),
		...["k_proj", "v_proj"].map((name) => linear(pool.at(name), all, width)),
	];
	const pooled = reshape(attention(q!, k!, v!, { heads }), [1, width]);
	return layerNorm(w.at("norm2"), linear(w.at("proj"), pooled, out));
}
