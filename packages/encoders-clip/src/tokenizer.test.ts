import { readFileSync } from "node:fs";
import { CheckpointError } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CLIPTokenizer, type TokenizerFiles } from "./index.ts";
import { tokenizerOf } from "./testing/checkpoints.ts";

const fixtures = new URL("../../../test/golden/fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, fixtures), "utf8");

const ids = (tokenizer: CLIPTokenizer, prompt: string) => [...tokenizer.encode([prompt], 77).data].map(Number);

describe("CLIPTokenizer from vocab.json and merges.txt", () => {
	const tokenizer = new CLIPTokenizer(tokenizerOf("sd1"));
	const { prompts } = JSON.parse(read("tokenizer.json")) as { prompts: { prompt: string; tiny: number[] }[] };

	test("gives unusual prompts the same ids as transformers' CLIPTokenizer, then padding", () => {
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

	test("turns any string into start, at most 75 ids of the vocabulary, and end", () => {
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

	test("is as fast for 100,000 letters, signs or spaces as for as many words", () => {
		for (const prompt of ["a".repeat(100_000), "!".repeat(100_000), " ".repeat(100_000), "e\u0301".repeat(50_000)]) {
			expect(ids(tokenizer, prompt)).toHaveLength(77);
		}
	});

	test.each<[string, Partial<TokenizerFiles>, RegExp]>([
		["no vocabulary", { vocab: undefined }, /vocab\.json and merges\.txt, found neither/],
		["no merges", { merges: undefined }, /found no merges\.txt/],
		["a vocabulary that is not a table of ids", { vocab: { a: "x" } }, /"a" of sd1\/vocab\.json.*found "x"/],
		["an id below 0", { vocab: { a: -1 } }, /"a" of sd1\/vocab\.json.*found -1/],
		["a merge of three parts", { merges: "#version: 0.2\na b c\n" }, /merge 1 of sd1\/merges\.txt.*found "a b c"/],
		["a merge of unknown parts", { merges: "#version: 0.2\nno never\n" }, /found "no never"/],
		[
			"neither all bytes nor an unknown token",
			{ vocab: { a: 0 }, merges: "" },
			/expected all bytes, or its unknown token/,
		],
		["no padding token", { specialTokens: { pad_token: null } }, /expected a pad_token, found none/],
	])("names what is wrong: %s", (_, change, message) => {
		expect(() => new CLIPTokenizer({ ...tokenizerOf("sd1"), ...change })).toThrow(CheckpointError);
		expect(() => new CLIPTokenizer({ ...tokenizerOf("sd1"), ...change })).toThrow(message);
	});
});

describe("special and added tokens", () => {
	const { vocab } = tokenizerOf("sd2") as { vocab: Record<string, number> };
	const own = (files: TokenizerFiles, prompt: string) => {
		const line = ids(new CLIPTokenizer(files), prompt);
		return line.slice(1, line.indexOf(999));
	};

	test("in a prompt keep their meaning, also the padding token", () => {
		const a = vocab["a</w>"];
		expect(own(tokenizerOf("sd2"), "a!a")).toEqual([a, vocab["!"], a]);
		expect(own(tokenizerOf("sd1"), "a!a")).toEqual([a, vocab["!</w>"], a]);
	});

	test.each<[string, Partial<TokenizerFiles>]>([
		["added_tokens.json", { addedTokens: { "<cat-toy>": 1000 } }],
		["added_tokens_decoder", { config: { added_tokens_decoder: { "1000": { content: "<cat-toy>" } } } }],
		["extra_special_tokens", { config: { extra_special_tokens: ["<cat-toy>"] } }],
		["additional_special_tokens", { specialTokens: { additional_special_tokens: ["<cat-toy>"] } }],
	])("are read from %s", (_, files) => {
		const a = vocab["a</w>"];
		expect(own({ ...tokenizerOf("sd1"), ...files }, "a<cat-toy>a")).toEqual([a, 1000, a]);
		expect(new CLIPTokenizer({ ...tokenizerOf("sd1"), ...files }).size).toBe(1001);
	});

	test("with several vectors stand for all of them, unless this is turned off", () => {
		const addedTokens = { "<cat-toy>": 1000, "<cat-toy>_1": 1001 };
		const files = { ...tokenizerOf("sd1"), addedTokens };
		expect(own(files, "<cat-toy>")).toEqual([1000, 1001]);
		expect(own({ ...files, severalVectors: false }, "<cat-toy>")).toEqual([1000]);
	});
});

describe("overflow", () => {
	const tokenizer = new CLIPTokenizer(tokenizerOf("sd1"));

	test("is the text of the ids that are cut off, and empty if all fit", () => {
		const words = Array.from({ length: 80 }, (_, i) => `cat ${i}`);
		expect(tokenizer.overflow([words.join(" "), "a cat", ""], 77)[0]).toMatch(/ cat 7 8 cat 7 9$/);
		expect(tokenizer.overflow(["a cat", ""], 77)).toEqual(["", ""]);
	});

	test("is empty exactly if all ids of the prompt fit", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 2, max: 20 }), (prompt, tokens) => {
				const whole = [...tokenizer.encode([prompt], 500).data].map(Number);
				const count = whole.indexOf(999, 1) - 1;
				expect(tokenizer.overflow([prompt], tokens)[0] === "").toBe(count <= tokens - 2);
			}),
		);
	});
});

describe("a tokenizer.json", () => {
	const { vocab, merges, config } = tokenizerOf("sd1");
	const words = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
	const split = (Regex: string) => ({ type: "Split", pattern: { Regex }, behavior: "Removed", invert: true });
	const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
	const splitting = (Regex: string) => ({ type: "Sequence", pretokenizers: [split(Regex), bytes] });
	const model = { type: "BPE", vocab, merges: merges!.split("\n").slice(1, -1), end_of_word_suffix: "</w>" };
	const json = { decoder: bytes, pre_tokenizer: splitting(words), model };
	const make = (change: object) => new CLIPTokenizer({ name: "json", tokenizer: { ...json, ...change }, config });

	test("replaces vocabulary and merges, with merges in either form", () => {
		const expected = ids(new CLIPTokenizer(tokenizerOf("sd1")), "Don't photograph");
		expect(ids(make({}), "Don't photograph")).toEqual(expected);
		const pairs = model.merges.map((merge) => merge.split(" "));
		expect(ids(make({ model: { ...model, merges: pairs } }), "Don't photograph")).toEqual(expected);
	});

	test("never runs its own patterns, and prints nothing", () => {
		const printed = ["log", "warn", "error"].map((kind) => vi.spyOn(console, kind as "log"));
		const own = [
			{ pre_tokenizer: splitting("(\\p{L}+)+$") },
			{ pre_tokenizer: { type: "Split", pattern: { Glob: "*" } } },
			{ normalizer: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } },
			{ normalizer: { type: "Lowercase" } },
			{ decoder: { type: "Replace", pattern: { Regex: "(a+)+$" }, content: "" } },
			{ post_processor: 7 },
		];
		for (const change of own) {
			expect(() => make(change)).toThrow(CheckpointError);
			expect(() => make(change)).toThrow(
				`${Object.keys(change)[0]} of json/tokenizer.json: expected the same as in CLIP's`,
			);
		}
		for (const spy of printed) expect(spy).not.toHaveBeenCalled();
		vi.restoreAllMocks();
	});

	test.each<[string, object, RegExp]>([
		["an id below 0", { vocab: { a: -1 } }, /"a" of vocab of json\/tokenizer\.json.*found -1/],
		["an id that is not an integer", { vocab: { a: 1.5 } }, /found 1\.5/],
		["an id that is too large", { vocab: { a: 1e300 } }, /found 1e\+300/],
		["a merge of numbers", { merges: [[1, 2]] }, /merges\.0 of json\/tokenizer\.json/],
		["another model", { type: "WordPiece" }, /model\.type of json\/tokenizer\.json.*found "WordPiece"/],
		["another end of words", { end_of_word_suffix: "@" }, /model\.end_of_word_suffix of json.*found "@"/],
	])("is refused for %s", (_, change, message) => {
		expect(() => make({ model: { ...model, ...change } })).toThrow(CheckpointError);
		expect(() => make({ model: { ...model, ...change } })).toThrow(message);
	});

	test("that is nested too deeply is refused", () => {
		const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
		for (const name of ["normalizer", "pre_tokenizer", "decoder", "post_processor", "added_tokens", "model"]) {
			expect(() => make({ [name]: deep })).toThrow(CheckpointError);
		}
	});
});
