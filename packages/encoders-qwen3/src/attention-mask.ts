import { float32, type Tensor } from "@drum/tensor";

/** Within float16's range, and so far below all scores that the exponential is 0. */
const NEVER = -60_000;

/** The attention mask `[1, 1, tokens, tokens]`: each token attends to itself and those before it, except padding, from `length` on. */
export function attentionMask(tokens: number, length: number): Tensor<"float32"> {
	const data = new Float32Array(tokens * tokens).fill(NEVER);
	for (let row = 0; row < tokens; row++) data.fill(0, row * tokens, row * tokens + Math.min(row + 1, length));
	return float32(data, [1, 1, tokens, tokens]);
}
