import { ArgumentError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import words from "../words.json" with { type: "json" };
import fixture from "./fixtures/captions.json" with { type: "json" };
import { ATTRIBUTES, captions, type Told, VALUES } from "./index.ts";

const scene = fc
	.record(Object.fromEntries(ATTRIBUTES.map((name) => [name, fc.constantFrom(...VALUES[name])])), {
		requiredKeys: ["subject"],
	})
	.map((told) => told as unknown as Told);
const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("the same seed gives the recipe's captions (oracle: tooling/tiny/captions.py)", () => {
	const source = captions(fixture.seed);
	expect(fixture.captions.map(() => source.next())).toEqual(fixture.captions);
});

describe("a caption", () => {
	test("names the subject, the colours and no attribute that is left open", () => {
		fc.assert(
			fc.property(scene, seeds, (told, seed) => {
				const caption = captions(seed).describe(told);
				const one = (told.count ?? "1") === "1";
				expect(caption).toContain(one ? told.subject : words.subjects[told.subject].plural);
				for (const name of ["colour", "ground"] as const) if (told[name]) expect(caption).toContain(told[name]);
				if (!told.ground) expect(caption).not.toMatch(/\bon (a|an|white|black)\b/);
				expect(caption).not.toMatch(/[{}]|\s\s|^\s|\s$|\ba [aeiou]/);
			}),
		);
	});

	test("says one thing where no count is given", () => {
		expect(captions(1).describe({ subject: "star" })).toMatch(/^(a|one) star$/);
	});

	test("of a value that no picture has is refused", () => {
		const call = () => captions(1).describe({ subject: "dragon" as "star" });
		expect(call).toThrow(ArgumentError);
		expect(call).toThrow(/subject: expected one of circle.*found "dragon"/);
		expect(() => captions(1).describe({} as Told)).toThrow(/subject/);
	});
});

describe("a random scene", () => {
	test("keeps what is fixed, and its colour never is the ground's by chance", () => {
		fc.assert(
			fc.property(seeds, (seed) => {
				const drawn = captions(seed).randomScene({ colour: "blue", pattern: "stripes", style: "outline" });
				expect(drawn).toMatchObject({ colour: "blue", pattern: "stripes", style: "outline" });
				expect(drawn.ground).not.toBe("blue");
			}),
		);
	});
});
