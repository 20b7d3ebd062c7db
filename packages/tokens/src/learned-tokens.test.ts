import { ArgumentError, CheckpointError, type LearnedToken, MemoryBytes, type TensorSource } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { AddedVocabulary, addedToken, LearnedTokens, PromptRows } from "./index.ts";

/** A tokenizer of letters for a table of 100 rows, with the added token `<old>`. */
function rowsOf(severalVectors?: boolean): PromptRows {
	const idOf = (token: string) => (token.length === 1 ? token.charCodeAt(0) % 64 : undefined);
	const old = addedToken.parse({ content: "<old>" });
	const added = new AddedVocabulary({ size: 64, idOf }, [old], (text) => text.toLowerCase(), {
		name: "tiny",
		splitSpecial: false,
	});
	return new PromptRows({
		added,
		severalVectors,
		rows: { start: [0], end: [1], pad: 1, paddingSide: "right", truncationSide: "right" },
		wordIds: (text) => [...text.replaceAll(" ", "")].map((letter) => idOf(letter)!),
		tokenOf: (id) => String.fromCharCode(id + 64),
		textOf: (tokens) => tokens.join(""),
	});
}

function learned(token: string, dims: readonly number[], fingerprint = "ab"): LearnedToken {
	const place = { file: new MemoryBytes("x", new Uint8Array()), type: "float32", dims, offset: 0, length: 4 } as const;
	const source: TensorSource = { name: "x.safetensors", get: () => place, names: () => ["rows"] };
	return { token, source, tensor: "rows", fingerprint };
}

const TABLE = { first: 100, width: 8 };
const make = (...tokens: LearnedToken[]) => new LearnedTokens(rowsOf(), tokens, TABLE);

describe("learned tokens", () => {
	it("have ids after the table's rows, one for each vector, in the order of loading", () => {
		const { rows, end } = make(learned("<one>", [8]), learned("<Two>", [3, 8]));
		expect(end).toBe(104);
		expect(rows.of(["<one>", "a<two>b", "<one> <two>", "<two>_1", "<old>"])).toEqual([
			[100],
			[33, 101, 102, 103, 34],
			[100, 101, 102, 103],
			[102],
			[64],
		]);
	});

	it("stand for all their vectors, even if the tokenizer's own tokens do not", () => {
		const { rows } = new LearnedTokens(rowsOf(false), [learned("<two>", [2, 8])], TABLE);
		expect(rows.of(["<two>"])).toEqual([[100, 101]]);
	});

	it("an empty list leaves the tokenizer as it is", () => {
		const rows = rowsOf();
		const none = new LearnedTokens(rows, [], TABLE);
		expect([none.rows, none.end, none.fingerprint("own"), none.fingerprint("own", ["a"])]).toEqual([
			...[rows, 100, "own", "own"],
		]);
	});

	it("change the fingerprint for prompts that contain them, whatever the order of loading", () => {
		const [a, b] = [learned("<a>", [2, 8], "aa"), learned("<b>", [8], "bb")];
		const both = make(a, b);
		expect(both.fingerprint("own")).toBe("own+aa+bb");
		expect(make(b, a).fingerprint("own")).toBe("own+aa+bb");
		expect(both.fingerprint("own", ["a cat", "no <c>"])).toBe("own");
		expect(both.fingerprint("own", ["a cat", "a <B>"])).toBe("own+bb");
		expect(both.fingerprint("own", ["<a>_1 alone"])).toBe("own+aa");
	});

	it.each([
		["that the tokenizer has", "q"],
		["that was added to it", "<old>"],
		["that is equal after normalisation", "<OLD>"],
		["that is empty", ""],
		["of only spaces", "  "],
		["with half a surrogate pair", "a\ud800"],
	])("a token %s is refused", (_, token) => {
		expect(() => make(learned(token, [8]))).toThrow(ArgumentError);
		expect(() => make(learned(token, [8]))).toThrow(
			/^token: expected a token that is not empty and is new to the tokenizer tiny/,
		);
	});

	it("two with the same name are refused, and one with the name of another's vector", () => {
		expect(() => make(learned("<a>", [8]), learned("<A>", [8]))).toThrow(ArgumentError);
		expect(() => make(learned("<a>", [2, 8]), learned("<a>_1", [8]))).toThrow(ArgumentError);
	});

	it.each([[[7]], [[2, 9]], [[0, 8]], [[1, 2, 8]], [[]]])("vectors of shape %j are refused", (dims) => {
		expect(() => make(learned("<a>", dims))).toThrow(CheckpointError);
	});
});
