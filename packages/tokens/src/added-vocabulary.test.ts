import { CheckpointError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddedVocabulary, addedToken } from "./index.ts";

const base = { size: 10, idOf: (token: string) => (token === "cat" ? 3 : undefined) };
const vocabulary = (tokens: readonly object[], splitSpecial = false) => {
	const added = tokens.map((token) => addedToken.parse(token));
	return new AddedVocabulary(base, added, (text) => text.toLowerCase(), { name: "tiny", splitSpecial });
};
const split = (prompt: string, ...tokens: object[]) =>
	vocabulary(tokens)
		.split(prompt)
		.map(({ id, text }) => id ?? text);

describe("added tokens", () => {
	test("keep the model's id, or get an id after the model's", () => {
		const added = vocabulary([{ content: "cat" }, { content: "<b>" }, { content: "" }, { content: "<a>" }]);
		expect(["cat", "<b>", "<a>", "<c>"].map((token) => added.idOf(token))).toEqual([3, 10, 11, undefined]);
		expect(added.end).toBe(12);
	});

	test("are found from left to right, the longest first, before and after normalisation", () => {
		const tokens = [{ content: "<A>" }, { content: "<a><a>" }, { content: "<B>", normalized: false }];
		expect(split("x<a>Y<A><A><b><B>", ...tokens)).toEqual(["x", 10, "y", 11, "<b>", 12]);
	});

	test("are not normalised if they are special, unless their settings say so", () => {
		expect(split("<S> <s>", { content: "<S>", special: true })).toEqual([10, " <s>"]);
		expect(split("<S> <s>", { content: "<S>", special: true, normalized: true })).toEqual([10, " ", 10]);
	});

	test("include the spaces before and after them", () => {
		expect(split("a  <l>  <r>  b", { content: "<l>", lstrip: true }, { content: "<r>", rstrip: true })).toEqual([
			...["a", 10, "  ", 11, "b"],
		]);
	});

	test("that are single words are not found within other words of any script", () => {
		const word = { content: "art", single_word: true };
		expect(split("art, party art猫 𐐀art ART", word)).toEqual([10, ", party art猫 𐐨art ", 10]);
	});

	test("are read as text if they are special and the settings say so", () => {
		const added = vocabulary([{ content: "<s>", special: true }, { content: "<t>" }], true);
		expect(added.split("<s><t>").map(({ id, text }) => id ?? text)).toEqual(["<s>", 11]);
	});

	test("with the same text: the later one counts, and has the same id", () => {
		expect(split("<A><a>", { content: "<A>" }, { content: "<A>", normalized: false })).toEqual([10, "<a>"]);
	});

	test("that have the same normalised text are refused", () => {
		expect(() => vocabulary([{ content: "<A>" }, { content: "<a>" }])).toThrow(CheckpointError);
		expect(() => vocabulary([{ content: "<A>" }, { content: "<a>" }])).toThrow(/found "<A>" and "<a>"/);
	});

	test("and the text between them make up the whole prompt", () => {
		const added = vocabulary([{ content: "a" }, { content: "ab", single_word: true }, { content: " " }]);
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom("a", "b", " ", "😀") }), (prompt) => {
				expect(
					added
						.split(prompt)
						.map(({ text }) => text)
						.join(""),
				).toBe(prompt);
			}),
		);
	});
});
