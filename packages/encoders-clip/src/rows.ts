import { float32, type Tensor } from "@drum/tensor";

// The last steps of a mix have a few dozen rows. A call of ONNX Runtime would take longer.

/** Layer norm of each row `[…, width]`. */
export function layerNormRows(
	{ data, dims }: Tensor<"float32">,
	weight: Float32Array,
	bias: Float32Array,
	epsilon: number,
): Tensor<"float32"> {
	const width = weight.length;
	const out = new Float32Array(data.length);
	for (let row = 0; row < data.length; row += width) {
		let mean = 0;
		for (let i = 0; i < width; i++) mean += data[row + i]!;
		mean /= width;
		let variance = 0;
		for (let i = 0; i < width; i++) variance += (data[row + i]! - mean) ** 2;
		const scale = 1 / Math.sqrt(variance / width + epsilon);
		for (let i = 0; i < width; i++) out[row + i] = (data[row + i]! - mean) * scale * weight[i]! + bias[i]!;
	}
	return float32(out, dims);
}

/** Each row `[…, width]` times a matrix `[out, width]`, as `nn.Linear` without bias: `[…, out]`. */
export function projectRows({ data, dims }: Tensor<"float32">, matrix: Float32Array): Tensor<"float32"> {
	const width = dims.at(-1)!;
	const [rows, outs] = [data.length / width, matrix.length / width];
	const out = new Float32Array(rows * outs);
	for (let row = 0; row < rows; row++) {
		for (let o = 0; o < outs; o++) {
			let sum = 0;
			for (let i = 0; i < width; i++) sum += data[row * width + i]! * matrix[o * width + i]!;
			out[row * outs + o] = sum;
		}
	}
	return float32(out, [...dims.slice(0, -1), outs]);
}
