import { float32, type Tensor } from "@drum/tensor";

// FluxPipeline's `_pack_latents` and `_unpack_latents`: a token of the transformer is a patch of 2 × 2 latents.

/** `[1, channels, height, width]` → `[1, height / 2 · width / 2, 4 · channels]`. */
export function packLatents({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	const [, channels, height, width] = dims as [number, number, number, number];
	const packed = new Float32Array(data.length);
	forEachLatent(channels, height, width, (latent, at) => {
		packed[at] = data[latent]!;
	});
	return float32(packed, [1, (height * width) / 4, 4 * channels]);
}

/** The inverse: the numbers of `[channels, height, width]`. */
export function unpackLatents(
	{ data, dims }: Tensor<"float32">,
	[height, width]: readonly [height: number, width: number],
): Float32Array {
	const latents = new Float32Array(data.length);
	forEachLatent(dims[2]! / 4, height, width, (latent, at) => {
		latents[latent] = data[at]!;
	});
	return latents;
}

function forEachLatent(channels: number, height: number, width: number, visit: (latent: number, at: number) => void) {
	let at = 0;
	for (let row = 0; row < height; row += 2) {
		for (let column = 0; column < width; column += 2) {
			for (let channel = 0; channel < channels; channel++) {
				const corner = (channel * height + row) * width + column;
				for (const offset of [0, 1, width, width + 1]) visit(corner + offset, at++);
			}
		}
	}
}
