import { readFileSync } from "node:fs";
import { CheckpointError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLIPTokenizer, type TokenizerFiles } from "./index.ts";
import { tokenizerOf } from "./testing/checkpoints.ts";

const fixtures = new URL("../../../test/golden/fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, fixtures), "utf8");

const ids = (tokenizer: CLIPTokenizer, prompt: string) => [...tokenizer.encode([prompt], 77).data].map(Number);

describe("CLIPTokenizer from vocab.json and merges.txt", () => {
	const tokenizer = new CLIPTokenizer(tokenizerOf("sd1"));
	const { prompts } = JSON.parse(read("tokenizer.json")) as { prompts: { prompt: string; tiny: number[] }[] };

	test("gives awkward prompts the ids that transformers' CLIPTokenizer gives them, then padding", () => {
		expect(prompts.length).toBeGreaterThanOrEqual(200);
		for (const { prompt, tiny } of prompts) {
			const padding = new Array(77 - tiny.length).fill(tokenizer.endOfText);
			expect(ids(tokenizer, prompt), JSON.stringify(prompt)).toEqual([...tiny, ...padding]);
		}
	});

	test("pads with the token that the folder names", () => {
		const { vocab } = tokenizerOf("sd2") as { vocab: Record<string, number> };
		expect(ids(new CLIPTokenizer(tokenizerOf("sd2")), "").at(-1)).toBe(vocab["!"]);
	});

	test("takes any string: start, at most 75 ids of the vocabulary, end", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 300 }), (prompt) => {
				const line = ids(tokenizer, prompt);
				expect(line[0]).toBe(998);
				expect(line).toContain(999);
				expect(line.every((id) => id >= 0 && id < 1000)).toBe(true);
			}),
		);
	});

	test.each([
		["100,000 letters", "a".repeat(100_000)],
		["100,000 characters of words", "sea cat ".repeat(12_500)],
		["only emoji", "🙂🙃".repeat(25_000)],
	])("cuts %s to 77", (_, prompt) => {
		const line = ids(tokenizer, prompt);
		expect(line).toHaveLength(77);
		expect(line.indexOf(999)).toBe(76);
	});

	test("reads lone surrogates as U+FFFD", () => {
		expect(ids(tokenizer, "a \ud800 cat \udc00")).toEqual(ids(tokenizer, "a \ufffd cat \ufffd"));
	});

	test("a tokenizer.json is taken in place of vocabulary and merges", () => {
		const { vocab, merges, config } = tokenizerOf("sd1");
		const json = {
			normalizer: { type: "Lowercase" },
			decoder: { type: "ByteLevel" },
			post_processor: null,
			pre_tokenizer: { type: "ByteLevel", add_prefix_space: false },
			model: { type: "BPE", vocab, merges: merges!.split("\n").slice(1, -1), end_of_word_suffix: "</w>" },
		};
		expect(ids(new CLIPTokenizer({ name: "json", tokenizer: json, config }), "cat")).toEqual(ids(tokenizer, "cat"));
	});

	test.each<[string, Partial<TokenizerFiles>, RegExp]>([
		["no vocabulary", { vocab: undefined }, /vocab\.json and merges\.txt, found neither/],
		["no merges", { merges: undefined }, /found no merges\.txt/],
		["a vocabulary that is no table of ids", { vocab: { a: "x" } }, /a of sd1\/vocab\.json/],
		["no end of text", { vocab: { "<|startoftext|>": 0 } }, /expected the token <\|endoftext\|>/],
		["a padding token that is not there", { specialTokens: { pad_token: "nope" } }, /expected the token nope/],
	])("names what is wrong: %s", (_, change, message) => {
		expect(() => new CLIPTokenizer({ ...tokenizerOf("sd1"), ...change })).toThrow(CheckpointError);
		expect(() => new CLIPTokenizer({ ...tokenizerOf("sd1"), ...change })).toThrow(message);
	});
});
