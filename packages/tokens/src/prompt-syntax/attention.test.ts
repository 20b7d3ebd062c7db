import { readFileSync } from "node:fs";
import { ArgumentError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Fragment, parseAttention } from "./attention.ts";

// The oracle is the web UI's parser, of which diffusers has a copy, by tooling/golden/prompt_syntax.py. It is null where the parser fails.

type Pairs = [text: string, weight: number][];
const CASES: [prompt: string, pairs: Pairs | null][] = JSON.parse(
	readFileSync(new URL("../fixtures/attention.json", import.meta.url), "utf8"),
);

/** The web UI's form: a break is a text of weight −1 times that of the brackets around it. Neighbours with equal weights are joined. */
function asPairs(fragments: readonly Fragment[]): Pairs {
	const pairs: Pairs = [];
	for (const { text, weight, isBreak } of fragments) {
		const last = pairs.at(-1);
		const own = isBreak ? "BREAK" : text;
		if (last && last[1] === weight) last[0] += own;
		else pairs.push([own, weight]);
	}
	return pairs;
}

test(`${CASES.length} made-up prompts have the web UI's fragments and weights, to the bit`, () => {
	expect(CASES.length).toBeGreaterThan(2000);
	const found = CASES.map(([prompt]) => {
		try {
			return [prompt, asPairs(parseAttention(prompt))];
		} catch (error) {
			expect(error).toBeInstanceOf(ArgumentError);
			return [prompt, null];
		}
	});
	expect(found).toEqual(CASES);
});

describe("the examples in the web UI's documentation", () => {
	it.each<[string, Pairs]>([
		["normal text", [["normal text", 1]]],
		["(unbalanced", [["unbalanced", 1.1]]],
		["\\(literal\\]", [["(literal]", 1]]],
		["(unnecessary)(parens)", [["unnecessaryparens", 1.1]]],
		["(no number:1e3)", [["no number:1e3", 1.1]]],
		["", [["", 1]]],
	])("%s", (prompt, pairs) => {
		expect(asPairs(parseAttention(prompt))).toEqual(pairs);
	});

	it("a break within brackets is also a break", () => {
		const fragments = parseAttention("(a BREAK b:1.5)");
		expect(fragments.map(({ text, isBreak }) => (isBreak ? null : text))).toEqual(["a", null, "b"]);
		expect(fragments.filter(({ isBreak }) => !isBreak).map(({ weight }) => weight)).toEqual([1.5, 1.5]);
	});
});

it.each(["(a:101)", "(a:-101)", "(a:1.2.3)", "(a:.)", `${"(".repeat(60)}a`, `(a:${"9".repeat(400)})`])(
	"%s: a weight that is none is refused by name",
	(prompt) => {
		expect(() => parseAttention(prompt, "negativePrompt")).toThrow(
			/^a weight in negativePrompt: expected a number from/,
		);
	},
);

it.each(["(a", "[a", "([a", "(", "[|", "(a BREAK "])("%s, repeated: too many nested brackets", (part) => {
	expect(() => parseAttention(part.repeat(30_000), "prompt2")).toThrow(
		/^prompt2: expected at most 100 nested brackets, found more/,
	);
});

test("the number of brackets that are not nested has no limit", () => {
	expect(parseAttention("(a)".repeat(1000))).toEqual([{ text: "a".repeat(1000), weight: 1.1, isBreak: false }]);
});

test("any text can be read, and text without syntax is one fragment", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (text) => {
			const plain = text.replaceAll(/[()[\]\\:]/g, "").replaceAll("BREAK", "");
			expect(parseAttention(plain)).toEqual([{ text: plain, weight: 1, isBreak: false }]);
			const escaped = text.replaceAll(/[()[\]\\]/g, "\\$&").replaceAll("BREAK", "");
			const read = parseAttention(escaped);
			expect(read).toEqual([{ text: text.replaceAll("BREAK", ""), weight: 1, isBreak: false }]);
		}),
	);
});
