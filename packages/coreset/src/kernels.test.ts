import { RandomState } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { ERROR, FACTOR, FOUND, HEAD } from "./addresses.ts";
import { openPlain, openSimd } from "./kernels.ts";

describe("the WebAssembly kernels agree with the plain ones", () => {
	it("firstBelow, for all numbers of picks around a block and all places of the first hit", async () => {
		const simd = await openSimd(1 << 16);
		const plain = openPlain(1 << 16);
		const values = Int16Array.from(new RandomState(0).randint(-2000, 2001, (1 << 15) - HEAD / 2));
		for (const { buffer } of [simd!, plain]) new Int16Array(buffer).set(values, HEAD / 2);
		for (const bytes of [64, 192, 1536]) {
			for (let picks = 0; picks <= 13; picks++) {
				const row = HEAD + 14 * bytes;
				const end = HEAD + picks * bytes;
				for (const limit of [-(2 ** 31), -2e7, -1e6, 0, 1e6, 2e7, 2 ** 31 - 1]) {
					const found = plain.kernels.firstBelow(row, HEAD, end, bytes, limit);
					expect(simd!.kernels.firstBelow(row, HEAD, end, bytes, limit)).toBe(found);
					if (found < end) expect(int32(simd!.buffer)).toBe(int32(plain.buffer));
				}
			}
		}
	});

	it("pack, which rounds half to even", async () => {
		const simd = await openSimd(1 << 16);
		const plain = openPlain(1 << 16);
		const numbers = Float32Array.from(new RandomState(1).randn(768));
		numbers.set([0.5, 1.5, 2.5, -0.5, -1.5, 0, -0].map((value) => value / 64));
		for (const factor of [64, 1000.25]) {
			for (const { buffer, kernels } of [simd!, plain]) {
				new Float32Array(buffer, HEAD).set(numbers);
				new Float32Array(buffer, FACTOR, 1)[0] = factor;
				kernels.pack(HEAD, HEAD + 3072, 1536);
			}
			const [packed, expected] = [simd!, plain].map(({ buffer }) => new Int16Array(buffer, HEAD + 3072, 768));
			expect(packed).toEqual(expected);
			const [error, plainError] = [simd!, plain].map(({ buffer }) => new Float32Array(buffer, ERROR, 1)[0]!);
			expect(Math.abs(error! / plainError! - 1)).toBeLessThan(1e-5);
		}
	});
});

function int32(buffer: ArrayBuffer): number {
	return new Int32Array(buffer, FOUND, 1)[0]!;
}
