import { coreset } from "@drum/coreset";
import { describe, expect, it } from "vitest";
import { keptOf } from "./kept.ts";

/** Rows of distinct directions. */
const rows = (count: number) => ({
	type: "float32" as const,
	dims: [count, 2],
	data: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? Math.sin(i) : Math.cos(i - 1))),
});

const liked = (count: number) => Array.from({ length: count }, () => ({ intensity: 1 }));

describe("how many prompts are kept", () => {
	it("is what the library keeps, for every ratio", async () => {
		for (const count of [1, 5, 15, 16, 25, 37])
			for (const ratio of [0.05, 0.1, 0.3, 0.5, 1])
				expect(keptOf(liked(count), { ratio }), `${ratio} of ${count}`).toBe(
					(await coreset(rows(count), { ratio })).length,
				);
	});

	it("is a tenth, at least 8 or all, where nothing is said, and never more than there are", () => {
		expect(keptOf(liked(140), {})).toBe(14);
		expect(keptOf(liked(40), {})).toBe(8);
		expect(keptOf(liked(3), {})).toBe(3);
		expect(keptOf(liked(3), { size: 8 })).toBe(3);
		expect(keptOf(liked(0), { ratio: 0.5 })).toBe(0);
		expect(keptOf([...liked(3), { intensity: -1 }, { intensity: -2 }], { size: 2 })).toBe(4);
	});
});
