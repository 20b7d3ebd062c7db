import { expect, test } from "vitest";
import cases from "./fixtures/seed-sequence.json" with { type: "json" };
import { SeedSequence } from "./index.ts";

// Oracle: NumPy 2.4, by tooling/golden/generators.py.
test.each(cases)("has NumPy's words of $entropy with $spawnKey and $poolSize", ({ entropy, words, ...options }) => {
	const sequence = new SeedSequence(BigInt(entropy), options);
	expect([...sequence.generateState(words.length)]).toEqual(words);
	expect([...sequence.generateState(3)]).toEqual(words.slice(0, 3));
});
