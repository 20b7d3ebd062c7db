import { describe, expect, test } from "vitest";
import cases from "./fixtures/numpy-random.json" with { type: "json" };
import { ArgumentError, RandomState } from "./index.ts";

function draw(state: RandomState, name: string, args: readonly number[]): number[] {
	const [first, second, third] = args as [number, number, number];
	if (name === "permutation") return [...state.permutation(first)];
	if (name === "choice") return [...state.choice(first, second)];
	if (name === "random") return [...state.random(first)];
	if (name === "randint") return [...state.randint(first, second, third)];
	return [...state.randn(first)];
}

// Oracle: numpy 2.4.6, by tooling/golden/generators.py. One generator makes all of a case's draws.
describe("RandomState", () => {
	test.each(cases)("draws as NumPy's, one call after the other, with seed $seed", ({ seed, draws }) => {
		const state = new RandomState(seed);
		for (const { name, args, values } of draws) {
			const drawn = draw(state, name, args);
			expect(drawn.length).toBe(values.length);
			if (name !== "randn") expect(drawn, `${name}(${args})`).toEqual(values);
			// Four units in the last place: Math.log is not each platform's C library's.
			else
				for (const [i, value] of values.entries()) expect(Math.abs(drawn[i]! / value - 1)).toBeLessThan(4 * 2 ** -52);
		}
	});

	test("chooses the paper's ten of a thousand", () => {
		expect([...new RandomState(42).choice(1000, 10)]).toEqual([521, 737, 740, 660, 411, 678, 626, 513, 859, 136]);
	});

	test("takes seeds of 32 bits only, and no more than there is to choose from", () => {
		for (const seed of [-1, 2 ** 32, 0.5, Number.NaN]) expect(() => new RandomState(seed)).toThrow(ArgumentError);
		const state = new RandomState(0);
		expect(() => state.choice(3, 4)).toThrow(ArgumentError);
		expect(() => state.permutation(-1)).toThrow(ArgumentError);
		expect(() => state.randint(2, 2, 1)).toThrow(ArgumentError);
	});
});
