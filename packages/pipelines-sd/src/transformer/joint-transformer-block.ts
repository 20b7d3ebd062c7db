import { adaLayerNormContinuous, adaLayerNormZero, feedForward, modulate, queryKeyValue } from "@drum/diffusion";
import { add, attention, concat, linear, mul, splitLike, type Value, type Weights } from "@drum/graph";
import type { SD3Config } from "./config.ts";

// Mirrors diffusers' JointTransformerBlock: https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/attention.py

export interface JointBlockOptions {
	heads: number;
	/** The norm of each head's queries and keys, if any. */
	norm: SD3Config["qk_norm"];
	/** Whether there is a second attention, of the image to itself. */
	dual: boolean;
	/** Whether the text ends here: the image attends to it, and the block does not return it. */
	contextPreOnly: boolean;
}

/** A block's two streams after it. */
export interface JointStreams {
	/** `[1, patches, width]`. */
	image: Value;
	/** `[1, tokens, width]`. */
	text: Value;
}

/**
 * Joint attention of image and text, each with its own weights. With `dual`, the image also has a second attention to itself. `temb` is SiLU of the
 * embedding, `[1, width]`.
 */
export function jointTransformerBlock(
	w: Weights,
	{ image, text }: JointStreams,
	temb: Value,
	{ heads, norm, dual, contextPreOnly }: JointBlockOptions,
): JointStreams {
	const width = temb.dims[1] as number;
	const [msa, mlp, msa2] = adaLayerNormZero(w.at("norm1"), temb, dual ? 3 : 2);
	const [textMsa, textMlp] = contextPreOnly ? [] : adaLayerNormZero(w.at("norm1_context"), temb, 2);
	const normedText = textMsa ? modulate(text, textMsa) : adaLayerNormContinuous(w.at("norm1_context"), text, temb);

	const attn = w.at("attn");
	const ofImage = queryKeyValue(attn, modulate(image, msa!), { heads, of: "image", norm });
	const ofText = queryKeyValue(attn, normedText, { heads, of: "text", norm });
	const [q, k, v] = ofImage.map((value, i) => concat([value, ofText[i]!], 1)) as [Value, Value, Value];
	const [imageOut, textOut] = splitLike(attention(q, k, v, { heads }), [image, text], 1) as [Value, Value];

	let imageNext = add(image, mul(linear(attn.at("to_out", 0), imageOut, width), msa!.gate));
	if (msa2) {
		const attn2 = w.at("attn2");
		const [q2, k2, v2] = queryKeyValue(attn2, modulate(image, msa2), { heads, of: "image", norm });
		const attended = linear(attn2.at("to_out", 0), attention(q2, k2, v2, { heads }), width);
		imageNext = add(imageNext, mul(attended, msa2.gate));
	}
	imageNext = add(imageNext, mul(feedForward(w.at("ff"), modulate(imageNext, mlp!)), mlp!.gate));
	if (!textMsa || !textMlp) return { image: imageNext, text };

	const textNext = add(text, mul(linear(attn.at("to_add_out"), textOut, width), textMsa.gate));
	const fed = feedForward(w.at("ff_context"), modulate(textNext, textMlp));
	return { image: imageNext, text: add(textNext, mul(fed, textMlp.gate)) };
}
