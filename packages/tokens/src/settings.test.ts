import { CheckpointError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { type TokenizerSettingsFiles, textOf, tokenizerSettings, tokensToAdd } from "./index.ts";

const settings = (files: Partial<TokenizerSettingsFiles>) =>
	tokenizerSettings({ name: "tiny", ...files }, { eos_token: "</s>", pad_token: "<pad>" });
const added = (files: Partial<TokenizerSettingsFiles>) => {
	const read = settings(files);
	return tokensToAdd(read, read.extra ?? []).map(({ content }) => content);
};

describe("tokenizer settings", () => {
	test("have default values without files", () => {
		expect(added({})).toEqual(["</s>", "<pad>"]);
		expect(settings({})).toMatchObject({ length: undefined, paddingSide: "right", splitSpecial: false });
	});

	test("have added tokens by id, then named ones, then extra ones", () => {
		const added_tokens_decoder = { "12": { content: "<b>" }, "9": { content: "<a>" } };
		const config = { added_tokens_decoder, additional_special_tokens: ["<x>", { content: "<y>" }], image_token: "<i>" };
		expect(added({ config })).toEqual(["<a>", "<b>", "</s>", "<pad>", "<i>", "<x>", "<y>"]);
	});

	test("come from special_tokens_map.json, added_tokens.json and tokenizer.json if tokenizer_config.json has no list", () => {
		const specialTokens = { pad_token: { content: "!", normalized: true } };
		const addedTokens = { "<b>": 8, "!": 3 };
		const tokenizer = { added_tokens: [{ id: 8, content: "<c>" }] };
		const files = { config: { pad_token: "<none>" }, specialTokens, addedTokens, tokenizer };
		expect(added(files)).toEqual(["!", "<c>", "</s>"]);
		const listed = { ...files, config: { pad_token: "<none>", added_tokens_decoder: {} } };
		expect(added(listed)).toEqual(["</s>", "<none>"]);
	});

	test("make all named tokens special, and let a file remove one", () => {
		const read = settings({ config: { eos_token: { content: "</s>", normalized: true }, pad_token: null } });
		expect(tokensToAdd(read, [])).toMatchObject([{ content: "</s>", special: true, normalized: true }]);
		expect(read.named.get("pad_token")).toBeUndefined();
	});

	test.each([
		[{ model_max_length: 77 }, 77],
		[{ max_len: 32 }, 32],
		[{ model_max_length: 1e30 }, undefined],
		[{}, undefined],
	])("of %o have a length of %s", (config, length) => {
		expect(settings({ config }).length).toBe(length);
	});

	test("join extra tokens of two files, or take them by name", () => {
		const lists = {
			config: { extra_special_tokens: ["<a>"] },
			specialTokens: { extra_special_tokens: ["<b>", "<a>"] },
		};
		expect(settings(lists).extra?.map(textOf)).toEqual(["<a>", "<b>"]);
		const named = settings({ config: { extra_special_tokens: { image_token: "<i>" } } });
		expect([named.extra, named.named.get("image_token")]).toEqual([undefined, "<i>"]);
	});

	test.each<[string, Partial<TokenizerSettingsFiles>, RegExp]>([
		["a list in place of a file", { config: [] }, /the whole of|tiny\/tokenizer_config\.json/],
		["a token that is not text", { config: { pad_token: 7 } }, /pad_token of tiny\/tokenizer_config\.json.*found 7/],
		["half a surrogate pair", { config: { pad_token: "\ud800" } }, /pad_token of tiny/],
		[
			"an id that is not a number",
			{ config: { added_tokens_decoder: { a: { content: "a" } } } },
			/added_tokens_decoder/,
		],
		["an id below 0", { addedTokens: { "<a>": -1 } }, /<a> of tiny\/added_tokens\.json.*found -1/],
		[
			"an id of halves",
			{ tokenizer: { added_tokens: [{ id: 1.5, content: "a" }] } },
			/added_tokens\.0\.id of tiny\/tokenizer\.json/,
		],
		["a side", { config: { padding_side: "up" } }, /padding_side of tiny.*found "up"/],
	])("are refused with the name of the wrong field: %s", (_, files, message) => {
		expect(() => settings(files)).toThrow(CheckpointError);
		expect(() => settings(files)).toThrow(message);
	});
});
