import { float32, type Tensor } from "@drum/tensor";

/** Picks one row of each prompt: `[batch, tokens, width]` → `[batch, width]`. */
export function pickRows({ data, dims }: Tensor<"float32">, rows: readonly number[]): Tensor<"float32"> {
	const [, tokens, width] = dims as [number, number, number];
	const out = new Float32Array(rows.length * width);
	for (const [i, row] of rows.entries())
		out.set(data.subarray((i * tokens + row) * width, (i * tokens + row + 1) * width), i * width);
	return float32(out, [rows.length, width]);
}

/** Joins tensors `[…, width]` along their last axis. */
export function sideBySide(tensors: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const [first] = tensors;
	if (tensors.length === 1) return first!;
	const widths = tensors.map(({ dims }) => dims.at(-1)!);
	const width = widths.reduce((sum, each) => sum + each, 0);
	const rows = first!.data.length / widths[0]!;
	const out = new Float32Array(rows * width);
	let at = 0;
	for (const [i, { data }] of tensors.entries()) {
		const each = widths[i]!;
		for (let row = 0; row < rows; row++) out.set(data.subarray(row * each, (row + 1) * each), row * width + at);
		at += each;
	}
	return float32(out, [...first!.dims.slice(0, -1), width]);
}

/** Joins tensors `[batch, tokens, width]` along their tokens, each padded or cut to the width of the last. */
export function oneAfterAnother(tensors: readonly Tensor<"float32">[]): Tensor<"float32"> {
	if (tensors.length === 1) return tensors[0]!;
	const batch = tensors[0]!.dims[0]!;
	const width = tensors.at(-1)!.dims[2]!;
	const tokens = tensors.reduce((sum, { dims }) => sum + dims[1]!, 0);
	const out = new Float32Array(batch * tokens * width);
	let at = 0;
	for (let i = 0; i < batch; i++) {
		for (const { data, dims } of tensors) {
			const [, rows, own] = dims as [number, number, number];
			for (let row = i * rows; row < (i + 1) * rows; row++, at += width)
				out.set(data.subarray(row * own, row * own + Math.min(own, width)), at);
		}
	}
	return float32(out, [batch, tokens, width]);
}
