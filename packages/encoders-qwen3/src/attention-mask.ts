import { float32, type Tensor } from "@drum/tensor";

/** Within float16's range, and far enough below all scores that the exponential gives 0. */
const NEVER = -60_000;

/** What each token sees: itself and those before it, of which those from `length` on are padding. `[1, 1, tokens, tokens]` */
export function attentionMask(tokens: number, length: number): Tensor<"float32"> {
	const data = new Float32Array(tokens * tokens).fill(NEVER);
	for (let row = 0; row < tokens; row++) data.fill(0, row * tokens, row * tokens + Math.min(row + 1, length));
	return float32(data, [1, 1, tokens, tokens]);
}
