import { float32 } from "@drum/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { patchify, unpatchify } from "./patches.ts";

const counting = (dims: [number, number, number, number]) =>
	float32(
		Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) => i),
		dims,
	);

test("a patch is a row: channel by channel as input, pixel by pixel as output", () => {
	// Two channels of 2 × 4 pixels, 0 to 7 and 8 to 15: two patches.
	const { data, dims } = patchify(counting([1, 2, 2, 4]), 2);
	expect(dims).toEqual([1, 2, 8]);
	expect([...data]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15]);
	const pixels = [0, 8, 1, 9, 4, 12, 5, 13, 2, 10, 3, 11, 6, 14, 7, 15];
	const latents = unpatchify(float32(Float32Array.from(pixels), [1, 2, 8]), { height: 2, width: 4, size: 2 });
	expect([...latents]).toEqual(Array.from({ length: 16 }, (_, i) => i));
});

test("one channel comes back unchanged, for any size of patch and picture", () => {
	const extent = fc.integer({ min: 1, max: 5 });
	fc.assert(
		fc.property(extent, extent, extent, (size, rows, columns) => {
			const [height, width] = [rows * size, columns * size];
			const sample = counting([1, 1, height, width]);
			expect(unpatchify(patchify(sample, size), { height, width, size })).toEqual(sample.data);
		}),
	);
});
