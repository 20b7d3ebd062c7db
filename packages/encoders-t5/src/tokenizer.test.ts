import { CheckpointError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { T5Tokenizer, type T5TokenizerFiles } from "./index.ts";
import { bytesOf, jsonOf } from "./testing/files.ts";

// Oracle: transformers' T5TokenizerFast with a tiny model of 600 entries, by tooling/golden/t5.py.

const prompts = jsonOf("tokenizer/prompts.json") as unknown as { prompt: string; ids: number[] }[];
const spiece = bytesOf("tokenizer/spiece.model");
const tokenizerJson = jsonOf("tokenizer/tokenizer.json");
const ids = (tokenizer: T5Tokenizer, prompt: string, tokens = 256) =>
	[...tokenizer.encode([prompt], tokens).data].map(Number);

describe.each<[string, T5TokenizerFiles]>([
	["tokenizer.json", { name: "tiny", tokenizer: tokenizerJson }],
	["spiece.model", { name: "tiny", spiece }],
])("T5Tokenizer from %s", (_, files) => {
	const tokenizer = new T5Tokenizer(files);

	test("gives unusual prompts the same ids as transformers, then padding", () => {
		expect(prompts.length).toBeGreaterThanOrEqual(200);
		for (const { prompt, ids: expected } of prompts) {
			const padding = new Array(256 - expected.length).fill(0);
			expect(ids(tokenizer, prompt), JSON.stringify(prompt)).toEqual([...expected, ...padding]);
		}
	});

	test("cuts to any length and keeps the end", () => {
		const long = prompts.reduce((best, each) => (each.ids.length > best.ids.length ? each : best));
		for (const tokens of [1, 2, 77, long.ids.length - 1]) {
			expect(ids(tokenizer, long.prompt, tokens)).toEqual([...long.ids.slice(0, tokens - 1), 1]);
		}
	});

	test("turns any string into ids of the vocabulary, one end, and padding", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 300 }), (prompt) => {
				const line = ids(tokenizer, prompt);
				const end = line.lastIndexOf(1);
				expect(end).toBeGreaterThanOrEqual(0);
				expect(line.slice(end + 1).every((id) => id === 0)).toBe(true);
				expect(line.every((id) => id >= 0 && id < 600)).toBe(true);
			}),
		);
	});

	test.each([
		["a word of 200,000 letters", "a".repeat(200_000)],
		["100,000 characters of words", "sea cat ".repeat(12_500)],
	])("cuts %s to 256", (_, prompt) => {
		const line = ids(tokenizer, prompt);
		expect(line).toHaveLength(256);
		expect(line.indexOf(1)).toBe(255);
	});

	test("turns 200,000 unknown characters into one unknown id", () => {
		const [word, unknown, end] = ids(tokenizer, "𒀀".repeat(200_000));
		expect([word, unknown, end]).toEqual(ids(tokenizer, "𒀀").slice(0, 3));
		expect([unknown, end]).toEqual([2, 1]);
	});

	test("reads lone surrogates as U+FFFD", () => {
		expect(ids(tokenizer, "a \ud800 cat \udc00")).toEqual(ids(tokenizer, "a \ufffd cat \ufffd"));
	});
});

describe("T5Tokenizer", () => {
	test("adds as many extra ids to a spiece.model as the settings say", () => {
		const tokenizer = new T5Tokenizer({ name: "tiny", spiece, config: { extra_ids: 2 } });
		expect(ids(tokenizer, "<extra_id_0><extra_id_1>", 3)).toEqual([501, 500, 1]);
		expect(ids(tokenizer, "<extra_id_2>", 3)).not.toContain(502);
	});

	test("works without a charsmap", () => {
		const tokenizer = new T5Tokenizer({ name: "tiny", tokenizer: { ...tokenizerJson, normalizer: null } });
		expect(ids(tokenizer, "a cat")).toEqual(ids(new T5Tokenizer({ name: "tiny", spiece }), "a cat"));
		expect(ids(tokenizer, "ａ")).not.toEqual(ids(tokenizer, "a"));
	});

	test("has added tokens", () => {
		const files = { name: "tiny", tokenizer: tokenizerJson, addedTokens: { "<cat>": 600, "<cat>_1": 601 } };
		expect(ids(new T5Tokenizer(files), "a<cat>", 6).slice(-5)).toEqual([...[600, 601], 1, 0, 0].slice(-5));
		expect(new T5Tokenizer(files).size).toBe(602);
	});

	test("returns the text of the ids that are cut off", () => {
		const tokenizer = new T5Tokenizer({ name: "tiny", tokenizer: tokenizerJson });
		expect(tokenizer.overflow(["a b c d e", "a", ""], 4)[0]).toMatch(/d e$/);
		expect(tokenizer.overflow(["a", ""], 4)).toEqual(["", ""]);
	});

	const { model, ...withoutModel } = tokenizerJson as { model: object } & Record<string, unknown>;
	const ownPattern = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Removed", invert: true };
	const bpe = Uint8Array.from(spiece);
	// In the trainer's settings, `model_type`, field 3, comes before `vocab_size`, field 4.
	bpe[Buffer.from(spiece).indexOf(Buffer.of(0x18, 1, 0x20)) + 1] = 2;
	test.each<[string, Partial<T5TokenizerFiles>, RegExp]>([
		["no files", {}, /expected tokenizer\.json or spiece\.model, found neither/],
		["no model", { tokenizer: withoutModel }, /model of tiny\/tokenizer\.json/],
		["another kind of model", { tokenizer: { ...tokenizerJson, model: { type: "BPE" } } }, /model\.type of tiny/],
		["a truncated charsmap", charsmap("AAA="), /tokenizer tiny/],
		["a charsmap that is not base64", charsmap("?"), /precompiled_charsmap of tiny.*expected base64/],
		[
			"a model of one piece",
			{ tokenizer: { ...tokenizerJson, model: { ...model, vocab: [["a", 0]] } } },
			/model\.vocab of tiny/,
		],
		[
			"another unknown piece",
			{ tokenizer: { ...tokenizerJson, model: { ...model, unk_id: 0 } } },
			/model\.unk_id of tiny.*found 0/,
		],
		[
			"a score that is not a number",
			{ tokenizer: { ...tokenizerJson, model: { ...model, vocab: [["a", "b"]] } } },
			/model\.vocab/,
		],
		[
			"a post_processor that is a number",
			{ tokenizer: { ...tokenizerJson, post_processor: 3 } },
			/post_processor of tiny.*found 3/,
		],
		[
			"patterns of its own",
			{ tokenizer: { ...tokenizerJson, pre_tokenizer: ownPattern } },
			/pre_tokenizer of tiny.*expected the same as in T5's/,
		],
		["no padding token", { tokenizer: tokenizerJson, config: { pad_token: null } }, /expected a pad_token, found none/],
		[
			"another number of extra ids",
			{ tokenizer: tokenizerJson, specialTokens: { additional_special_tokens: ["<extra_id_0>"] } },
			/expected 100 extra ids, found 1/,
		],
		["a truncated spiece.model", { spiece: spiece.subarray(0, 1000) }, /tiny\/spiece\.model.*a sentencepiece model/],
		["an empty spiece.model", { spiece: new Uint8Array() }, /an unknown piece, found none/],
		["a spiece.model of another kind", { spiece: bpe }, /expected a unigram model, as T5's is, found bpe/],
	])("names what is wrong: %s", (_, files, message) => {
		const make = () => new T5Tokenizer({ name: "tiny", ...files });
		expect(make).toThrow(CheckpointError);
		expect(make).toThrow(message);
	});

	function charsmap(precompiled_charsmap: string): Partial<T5TokenizerFiles> {
		return { tokenizer: { ...tokenizerJson, normalizer: { type: "Precompiled", precompiled_charsmap } } };
	}
});
