import { float32, type Tensor } from "@drum/tensor";

// A convolution with a stride equal to its kernel size is a matrix product: each patch is a row, and the kernel is the matrix.

/** Latents `[1, channels, height, width]` → rows for such a kernel, `[1, patches, channels · size · size]`. */
export function patchify({ data, dims }: Tensor<"float32">, size: number): Tensor<"float32"> {
	const [, channels = 0, height = 0, width = 0] = dims;
	const rows = new Float32Array(data.length);
	let at = 0;
	for (let y = 0; y < height; y += size)
		for (let x = 0; x < width; x += size)
			for (let channel = 0; channel < channels; channel++)
				for (let row = 0; row < size; row++) {
					const from = (channel * height + y + row) * width + x;
					rows.set(data.subarray(from, from + size), at);
					at += size;
				}
	return float32(rows, [1, (height / size) * (width / size), channels * size * size]);
}

/** Rows `[1, patches, size · size · channels]`, a patch's pixels with their channels side by side → latents. */
export function unpatchify(
	{ data }: Tensor<"float32">,
	{ height, width, size }: Record<"height" | "width" | "size", number>,
): Float32Array {
	const channels = data.length / (height * width);
	const latents = new Float32Array(data.length);
	let at = 0;
	for (let y = 0; y < height; y += size)
		for (let x = 0; x < width; x += size)
			for (let row = 0; row < size; row++)
				for (let column = 0; column < size; column++)
					for (let channel = 0; channel < channels; channel++)
						latents[(channel * height + y + row) * width + x + column] = data[at++]!;
	return latents;
}
