import { float32, type Tensor, type TextEncoding } from "@drum/tensor";

/** Each prompt's raw last hidden states, followed by its class row if the encoder has one: `[prompts, rows, width]`. */
export function conditionRows({ hidden, classRows }: TextEncoding): Tensor<"float32"> {
	const { data, dims } = hidden[-1]!;
	if (!classRows) return float32(data, dims);
	const [prompts, tokens, width] = dims as [number, number, number];
	const rows = new Float32Array(prompts * (tokens + 1) * width);
	for (let i = 0; i < prompts; i++) {
		const own = data.subarray(i * tokens * width, (i + 1) * tokens * width);
		rows.set(own, i * (tokens + 1) * width);
		rows.copyWithin(
			(i * (tokens + 1) + tokens) * width,
			(i * (tokens + 1) + classRows[i]!) * width,
			(i * (tokens + 1) + classRows[i]! + 1) * width,
		);
	}
	return float32(rows, [prompts, tokens + 1, width]);
}
