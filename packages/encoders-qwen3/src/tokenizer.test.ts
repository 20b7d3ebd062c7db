import { CheckpointError } from "@drum/tensor";
import { compose } from "@drum/tokens";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChatPrompts } from "./chat-prompts.ts";
import { parseQwen3Config, QWEN3_USES, Qwen2Tokenizer, type Qwen2TokenizerFiles, type Qwen3UseName } from "./index.ts";
import { jsonOf, TOKENIZER } from "./testing/files.ts";

// Oracle: transformers' Qwen2Tokenizer with a tiny vocabulary, and its apply_chat_template as the pipelines of diffusers call it, by
// tooling/golden/qwen3.py.

const prompts = jsonOf<{ prompt: string; ids: number[] }[]>("model/prompts.json");
const chats = jsonOf<({ prompt: string } & Record<Qwen3UseName, Chat>)[]>("chats.json");
interface Chat {
	text: string;
	ids: number[];
	length: number;
}

const { tokenizer: json, config } = TOKENIZER as { tokenizer: Record<string, unknown>; config: object };
const { vocab, merges } = json.model as { vocab: Record<string, number>; merges: [string, string][] };
const added = (json.added_tokens as { id: number; content: string }[]).map(({ id, ...token }) => [id, token] as const);
const END = "<|im_end|>";
const idOf = (token: string) => added.find(([, { content }]) => content === token)![0];

function own(tokenizer: Qwen2Tokenizer, text: string, tokens = 1024): number[] {
	const { ids, lengths } = tokenizer.encode([text], tokens);
	expect([...ids.data.slice(lengths[0])].every((id) => id === BigInt(tokenizer.pad))).toBe(true);
	return [...ids.data.slice(0, lengths[0])].map(Number);
}

describe.each<[string, Qwen2TokenizerFiles]>([
	["tokenizer.json", TOKENIZER],
	[
		"vocab.json and merges.txt, with the tokens in tokenizer_config.json",
		{
			name: "tiny",
			vocab,
			merges: `#version: 0.2\n${merges.map((merge) => merge.join(" ")).join("\n")}\n`,
			config: { ...config, added_tokens_decoder: Object.fromEntries(added) },
		},
	],
])("Qwen2Tokenizer from %s", (_, files) => {
	const tokenizer = new Qwen2Tokenizer(files);

	test("gives unusual texts in many scripts the same ids as transformers", () => {
		expect(prompts.length).toBeGreaterThanOrEqual(250);
		for (const { prompt, ids } of prompts) expect(own(tokenizer, prompt), JSON.stringify(prompt)).toEqual(ids);
	});

	test("turns any string into ids of the vocabulary, which give the text again", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
				const ids = own(tokenizer, text);
				expect(ids.every((id) => id >= 0 && id < tokenizer.size)).toBe(true);
				expect(tokenizer.overflow([text], 0)).toEqual([compose(text.toWellFormed())]);
			}),
		);
	});
});

describe.each(["z-image", "flux2-klein"] as const)("prompts for %s", (name) => {
	const use = QWEN3_USES[name];
	const model = parseQwen3Config(jsonOf("model/config.json"), "config.json");
	const asked = new ChatPrompts(TOKENIZER, model, use);

	test("are in the text that the chat template writes, also with special tokens that a user typed", () => {
		for (const { prompt, [name]: chat } of chats) expect(`${use.before}${prompt}${use.after}`).toBe(chat.text);
	});

	test("have the pipeline's ids and lengths, cut at the end", () => {
		const tokens = chats[0]![name].ids.length;
		const found = asked.encode(
			chats.map(({ prompt }) => prompt),
			tokens,
		);
		expect([...found.ids.data].map(Number)).toEqual(chats.flatMap((row) => row[name].ids));
		expect(found.lengths).toEqual(chats.map((row) => row[name].length));
		expect(found.lengths.filter((length) => length === tokens)).toHaveLength(2);
	});

	test("return the text that is cut off, without the template", () => {
		const long = "a lighthouse at night, ".repeat(12);
		const tokens = 48;
		const [cut, whole] = asked.overflow([long, "a cat"], tokens);
		expect(cut).not.toBe("");
		expect(long.endsWith(cut!)).toBe(true);
		expect(whole).toBe("");
		const all = asked.encode([long], 512).lengths[0]!;
		// The last token of the template does not fit.
		expect(asked.overflow([long], all - 1)).toEqual([""]);
		expect(asked.encode([long], all - 1).lengths).toEqual([all - 1]);
	});
});

describe("what a user types", () => {
	const tokenizer = new Qwen2Tokenizer(TOKENIZER);

	test("as a special token is that token, as in the pipelines", () => {
		expect(own(tokenizer, `a${END}b`)).toEqual([...own(tokenizer, "a"), idOf(END), ...own(tokenizer, "b")]);
		expect(own(tokenizer, "<think>")).toEqual([idOf("<think>")]);
		expect(own(tokenizer, "<|IM_END|>")).not.toContain(idOf(END));
	});

	test("is plain text, if the tokenizer's settings say so", () => {
		const split = new Qwen2Tokenizer({ ...TOKENIZER, config: { ...config, split_special_tokens: true } });
		expect(own(split, END)).not.toContain(idOf(END));
		// Not a special token.
		expect(own(split, "<think>")).toEqual([idOf("<think>")]);
	});

	test("is cut, if it has 200,000 equal characters", () => {
		for (const text of [" ".repeat(200_000), "a".repeat(200_000), "\n".repeat(200_000), ` !${" ".repeat(100_000)}x`])
			expect(own(tokenizer, text, 512)).toHaveLength(512);
	});
});

describe("a tokenizer of another form", () => {
	const changed = (part: object) => ({ tokenizer: { ...json, ...part } });
	const model = json.model as object;
	test.each<[string, Partial<Qwen2TokenizerFiles>, RegExp]>([
		["no files", { tokenizer: undefined }, /expected tokenizer\.json, or vocab\.json and merges\.txt, found neither/],
		["no merges", { tokenizer: undefined, vocab }, /found no merges\.txt/],
		["no normaliser", changed({ normalizer: null }), /normalizer of tiny\/tokenizer\.json.*the same as in Qwen2's/],
		["patterns of its own", changed({ pre_tokenizer: { type: "Whitespace" } }), /pre_tokenizer of tiny/],
		["merges that are ignored", changed({ model: { ...model, ignore_merges: true } }), /model\.ignore_merges of tiny/],
		["too few bytes", changed({ model: { ...model, vocab: { a: 0 }, merges: [] } }), /expected all bytes/],
		[
			"padding on the left",
			{ config: { ...config, padding_side: "left" } },
			/padding_side of tokenizer tiny.*found "left"/,
		],
		["cutting on the left", { config: { ...config, truncation_side: "left" } }, /truncation_side of tokenizer tiny/],
		["no padding", { config: { ...config, pad_token: null } }, /expected a pad_token, found none/],
	])("is refused for %s", (_, files, message) => {
		const make = () => new Qwen2Tokenizer({ ...TOKENIZER, ...files });
		expect(make).toThrow(CheckpointError);
		expect(make).toThrow(message);
	});

	test("is refused if the model has no rows for its ids", () => {
		const small = parseQwen3Config({ ...jsonOf<object>("model/config.json"), vocab_size: 770 }, "config.json");
		const make = () => new ChatPrompts(TOKENIZER, small, QWEN3_USES["z-image"]);
		expect(make).toThrow(/tokenizer tiny: expected ids below the text encoder's vocab_size, 770, found ids up to/);
	});
});
