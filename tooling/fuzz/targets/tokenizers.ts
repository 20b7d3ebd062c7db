import { readFile } from "node:fs/promises";
import { CLIPTokenizer, type TokenizerFiles } from "@drum/encoders-clip";
import { Qwen2Tokenizer, type Qwen2TokenizerFiles } from "@drum/encoders-qwen3";
import { T5Tokenizer, type T5TokenizerFiles } from "@drum/encoders-t5";
import { parseJsonFile } from "@drum/tensor";
import { changeBytes } from "../change-bytes.ts";
import { changeJson } from "../change-json.ts";
import { inRepository, type Target } from "../target.ts";

const PROMPTS = [
	"a cat on a red mat",
	"",
	"ünïcôdé 模型 🐱 ½ ﬁ <|endoftext|> it's 123",
	"x".repeat(3000),
	"\0\u0001\ud800",
];
const CLIP = "test/golden/fixtures/sd1/tokenizer";
const QWEN2 = "packages/encoders-qwen3/src/fixtures/model";
const T5 = "packages/encoders-t5/src/fixtures/tokenizer";

async function jsonOf(path: string): Promise<unknown> {
	return JSON.parse(await readFile(inRepository(path), "utf8"));
}

function parsed(text: string): unknown {
	return parseJsonFile(Buffer.from(text), "changed.json");
}

const SPLIT = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** CLIP's `tokenizer.json`, over this vocabulary and these merges. */
function clipJson(vocab: unknown, merges: string) {
	const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
	const split = { type: "Split", pattern: { Regex: SPLIT }, behavior: "Removed", invert: true };
	return {
		added_tokens: [{ id: 5, content: "red", special: false, lstrip: true }],
		decoder: bytes,
		pre_tokenizer: { type: "Sequence", pretokenizers: [split, bytes] },
		model: { type: "BPE", vocab, merges: merges.split("\n").slice(1, -1), end_of_word_suffix: "</w>" },
	};
}

/** CLIP's `vocab.json`, `merges.txt`, `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`. */
export const clipTokenizer: Target = {
	name: "clip-tokenizer",
	async prepare() {
		const [vocab, config] = [await jsonOf(`${CLIP}/vocab.json`), await jsonOf(`${CLIP}/tokenizer_config.json`)];
		const merges = await readFile(inRepository(`${CLIP}/merges.txt`), "utf8");
		const specialTokens = await jsonOf(`${CLIP}/special_tokens_map.json`);
		const tokenizer = clipJson(vocab, merges);
		return async (random) => {
			const files: TokenizerFiles = { name: "changed", vocab, merges, config, specialTokens };
			const kind = random.below(5);
			if (kind === 3) files.tokenizer = parsed(changeJson(random, tokenizer));
			else if (kind === 4) files.specialTokens = parsed(changeJson(random, specialTokens));
			else if (kind === 0) files.vocab = parsed(changeJson(random, vocab));
			else if (kind === 1) files.config = parsed(changeJson(random, config));
			else files.merges = Buffer.from(changeBytes(random, Buffer.from(merges))).toString("latin1");
			new CLIPTokenizer(files).encode(PROMPTS, 77);
		};
	},
};

/** T5's `tokenizer.json` and its charsmap, `spiece.model`, and the settings. */
export const t5Tokenizer: Target = {
	name: "t5-tokenizer",
	async prepare() {
		const folder = "test/golden/fixtures/flux/tokenizer_2";
		const [tokenizer, config, specialTokens] = await Promise.all(
			["tokenizer", "tokenizer_config", "special_tokens_map"].map((name) => jsonOf(`${folder}/${name}.json`)),
		);
		const whole = (await jsonOf(`${T5}/tokenizer.json`)) as WithCharsmap;
		const spiece = await readFile(inRepository(`${T5}/spiece.model`));
		return async (random) => {
			const files: T5TokenizerFiles = { name: "changed", tokenizer, config, specialTokens };
			const kind = random.below(5);
			if (kind === 0) files.tokenizer = parsed(changeJson(random, tokenizer));
			else if (kind === 1) files.config = parsed(changeJson(random, config));
			else if (kind === 2) files.specialTokens = parsed(changeJson(random, specialTokens));
			else if (kind === 3) files.tokenizer = withCharsmap(whole, (charsmap) => changeBytes(random, charsmap));
			else Object.assign(files, { tokenizer: undefined, spiece: changeBytes(random, spiece) });
			new T5Tokenizer(files).encode(PROMPTS, 77);
		};
	},
};

/** Qwen's `tokenizer.json`, `tokenizer_config.json`, and `vocab.json` with `merges.txt`. */
export const qwen2Tokenizer: Target = {
	name: "qwen2-tokenizer",
	async prepare() {
		const tokenizer = (await jsonOf(`${QWEN2}/tokenizer.json`)) as { model: { vocab: object; merges: string[][] } };
		const config = await jsonOf(`${QWEN2}/tokenizer_config.json`);
		const { vocab, merges } = tokenizer.model;
		const lines = Buffer.from(merges.map((merge) => merge.join(" ")).join("\n"));
		return async (random) => {
			const files: Qwen2TokenizerFiles = { name: "changed", tokenizer, config };
			const kind = random.below(4);
			if (kind === 0) files.tokenizer = parsed(changeJson(random, tokenizer));
			else if (kind === 1) files.config = parsed(changeJson(random, config));
			else if (kind === 2) Object.assign(files, { tokenizer: undefined, vocab: parsed(changeJson(random, vocab)) });
			else Object.assign(files, { tokenizer: undefined, vocab });
			files.merges = Buffer.from(kind === 3 ? changeBytes(random, lines) : lines).toString("latin1");
			new Qwen2Tokenizer(files).encode(PROMPTS, 77);
		};
	},
};

interface WithCharsmap {
	readonly normalizer: { readonly normalizers: readonly { readonly precompiled_charsmap?: string }[] };
}

function withCharsmap(tokenizer: WithCharsmap, change: (charsmap: Uint8Array) => Uint8Array): unknown {
	const normalizers = tokenizer.normalizer.normalizers.map((each) => {
		const { precompiled_charsmap: text } = each;
		if (text === undefined) return each;
		return { ...each, precompiled_charsmap: Buffer.from(change(Buffer.from(text, "base64"))).toString("base64") };
	});
	return { ...tokenizer, normalizer: { ...tokenizer.normalizer, normalizers } };
}
