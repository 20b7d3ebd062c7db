import { float32, sizeOf } from "@drum/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { packLatents, unpackLatents } from "./packing.ts";

const count = (dims: number[]) =>
	float32(
		Float32Array.from({ length: sizeOf(dims) }, (_, i) => i),
		dims,
	);

test("a token contains a patch of 2 × 2 latents, channel by channel", () => {
	// Oracle: FluxPipeline._pack_latents(torch.arange(16).view(1, 2, 2, 4), 1, 2, 2, 4).
	const { data, dims } = packLatents(count([1, 2, 2, 4]));
	expect(dims).toEqual([1, 2, 8]);
	expect([...data]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15]);
});

test("latents of any size come back unchanged", () => {
	const half = fc.integer({ min: 1, max: 5 });
	fc.assert(
		fc.property(half, half, half, (channels, rows, columns) => {
			const latents = count([1, channels, 2 * rows, 2 * columns]);
			const packed = packLatents(latents);
			expect(packed.dims).toEqual([1, rows * columns, 4 * channels]);
			expect(unpackLatents(packed, [2 * rows, 2 * columns])).toEqual(latents.data);
		}),
	);
});
