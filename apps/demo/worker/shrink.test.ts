import fc from "fast-check";
import { expect, it } from "vitest";
import { shrink } from "./shrink.ts";

it("shrinks a picture to the means of whole blocks, and leaves a small one as it is", () => {
	const data = Uint8Array.from([0, 3, 9, 10, 5, 9, 200, 1, 1, 20, 7, 9, 30, 9, 9, 200, 1, 1]);
	const image = { width: 3, height: 2, data };
	expect(shrink(image, 3)).toBe(image);
	expect(shrink(image, 2)).toEqual({ width: 1, height: 1, data: Uint8Array.of(15, 6, 9) });
});

it("keeps to the size asked for, and to a picture's one colour", () => {
	const side = fc.integer({ min: 8, max: 90 });
	fc.assert(
		fc.property(side, side, fc.integer({ min: 8, max: 40 }), fc.nat(255), (width, height, most, value) => {
			const small = shrink({ width, height, data: new Uint8Array(3 * width * height).fill(value) }, most);
			expect(Math.max(small.width, small.height)).toBeLessThanOrEqual(most);
			expect(small.data).toEqual(new Uint8Array(3 * small.width * small.height).fill(value));
		}),
		{ numRuns: 50 },
	);
});
