import { describe, expect, test } from "vitest";
import integers from "./fixtures/torch-randint.json" with { type: "json" };
import cases from "./fixtures/torch-random.json" with { type: "json" };
import { ArgumentError, TorchGenerator } from "./index.ts";

/** Distance of two float32 patterns, counted in representable values between them. */
function ulps(a: number, b: number): number {
	const rank = (bits: number) => (bits < 0 ? -(bits & 0x7fffffff) : bits);
	return Math.abs(rank(a) - rank(b));
}

// Oracle: torch 2.13.0 on a CPU with AVX2, by tooling/golden/generators.py. One generator makes all of a case's draws.
// The arithmetic is PyTorch's own, operation by operation, so no distance is allowed.
describe("TorchGenerator", () => {
	test.each(cases)("draws as PyTorch's with seed $seed, case %#", ({ seed, draws }) => {
		const generator = new TorchGenerator(BigInt(seed));
		for (const { name, n, at, bits } of draws) {
			const { data, dims, type } = name === "randn" ? generator.randn([n]) : generator.rand([n]);
			expect([type, dims, data.length]).toEqual(["float32", [n], n]);
			const drawn = new Int32Array(data.buffer);
			const distances = bits.map((expected, i) => ulps(drawn[at?.[i] ?? i]!, expected));
			expect(Math.max(0, ...distances), `${name}(${n})`).toBe(0);
		}
	});

	test.each(integers)("draws whole numbers below $high as PyTorch's with seed $seed", ({ seed, high, drawn }) => {
		const generator = new TorchGenerator(seed);
		generator.randn([20]);
		expect(drawn.map(() => String(generator.randint(BigInt(high))))).toEqual(drawn);
		expect(() => generator.randint(2n ** 32n - 1n)).toThrow(ArgumentError);
	});

	test("fills a shape in row-major order", () => {
		const [flat, shaped] = [new TorchGenerator(7).randn([64]), new TorchGenerator(7).randn([1, 4, 4, 4])];
		expect(shaped.dims).toEqual([1, 4, 4, 4]);
		expect(shaped.data).toEqual(flat.data);
		expect(new TorchGenerator(7).randn([]).data.length).toBe(1);
	});

	test("takes a number and a bigint for the same seed, and sees its lower 32 bits only, as PyTorch does", () => {
		const first = new TorchGenerator(5).randn([20]).data;
		expect(new TorchGenerator(5n).randn([20]).data).toEqual(first);
		expect(new TorchGenerator(2 ** 32 + 5).randn([20]).data).toEqual(first);
		expect(new TorchGenerator(6).randn([20]).data).not.toEqual(first);
	});

	test("refuses other seeds and shapes", () => {
		for (const seed of [-1, 2 ** 53, 0.5, -1n, 2n ** 64n])
			expect(() => new TorchGenerator(seed)).toThrow(ArgumentError);
		for (const dims of [[-1], [1.5], [Number.NaN]])
			expect(() => new TorchGenerator(0).randn(dims)).toThrow(ArgumentError);
	});
});
