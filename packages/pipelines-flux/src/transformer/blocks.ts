import { adaLayerNormZero, feedForward, modulate, queryKeyValue, withinFloat16 } from "@drum/diffusion";
import {
	add,
	attention,
	concat,
	geluTanh,
	linear,
	mul,
	rotaryEmbedding,
	splitLike,
	type Value,
	type Weights,
} from "@drum/graph";
import type { FluxConfig } from "./config.ts";

/** Cosines and sines of each token's position, `[tokens + patches, head width / 2]`. */
export interface Rotary {
	cos: Value;
	sin: Value;
}

/**
 * FluxTransformerBlock: joint attention of text `[1, tokens, width]` and image `[1, patches, width]`, each with its own weights. `temb` is SiLU of
 * the embedding, `[1, width]`.
 */
export function fluxTransformerBlock(
	w: Weights,
	config: FluxConfig,
	text: Value,
	image: Value,
	temb: Value,
	rotary: Rotary,
): [text: Value, image: Value] {
	const { heads, width } = config;
	const [msa, mlp] = adaLayerNormZero(w.at("norm1"), temb, 2);
	const [textMsa, textMlp] = adaLayerNormZero(w.at("norm1_context"), temb, 2);

	const attn = w.at("attn");
	const ofText = queryKeyValue(attn, modulate(text, textMsa!), { heads, of: "text", norm: "rms_norm" });
	const ofImage = queryKeyValue(attn, modulate(image, msa!), { heads, of: "image", norm: "rms_norm" });
	const [q, k, v] = ofText.map((value, i) => concat([value, ofImage[i]!], 1)) as [Value, Value, Value];
	const attended = splitLike(rotatedAttention(config, q, k, v, rotary), [text, image], 1) as [Value, Value];
	text = add(text, mul(linear(attn.at("to_add_out"), attended[0], width), textMsa!.gate));
	image = add(image, mul(linear(attn.at("to_out", 0), attended[1], width), msa!.gate));

	text = add(text, mul(feedForward(w.at("ff_context"), modulate(text, textMlp!)), textMlp!.gate));
	image = add(image, mul(feedForward(w.at("ff"), modulate(image, mlp!)), mlp!.gate));
	return [withinFloat16(text), image];
}

/** FluxSingleTransformerBlock: attention and feed-forward in parallel, on text and image as one sequence. */
export function fluxSingleTransformerBlock(
	w: Weights,
	config: FluxConfig,
	x: Value,
	temb: Value,
	rotary: Rotary,
): Value {
	const { heads, width } = config;
	const [msa] = adaLayerNormZero(w.at("norm"), temb, 1);
	const normed = modulate(x, msa!);
	const hidden = geluTanh(linear(w.at("proj_mlp"), normed, 4 * width));
	const [q, k, v] = queryKeyValue(w.at("attn"), normed, { heads, of: "image", norm: "rms_norm" });
	const attended = rotatedAttention(config, q, k, v, rotary);
	return withinFloat16(add(x, mul(linear(w.at("proj_out"), concat([attended, hidden], 2), width), msa!.gate)));
}

function rotatedAttention({ heads }: FluxConfig, q: Value, k: Value, v: Value, { cos, sin }: Rotary): Value {
	return attention(rotaryEmbedding(q, cos, sin, heads), rotaryEmbedding(k, cos, sin, heads), v, { heads });
}
