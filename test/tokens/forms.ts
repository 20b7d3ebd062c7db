import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A tokenizer's folder as one version of transformers or another writes it: its files, by name. */
export interface Form {
	readonly name: string;
	readonly kind: "clip" | "t5";
	/** Rows of a prompt. */
	readonly tokens: number;
	readonly files: Readonly<Record<string, string | Uint8Array>>;
}

const CLIP = fileURLToPath(new URL("../golden/fixtures/sd1/tokenizer", import.meta.url));
const T5 = fileURLToPath(new URL("../../packages/encoders-t5/src/fixtures/tokenizer", import.meta.url));

const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
/** Tokens of every setting. */
const ADDED = [
	{ content: "<left>", ...flags, lstrip: true, normalized: false },
	{ content: "<right>", ...flags, rstrip: true, normalized: false, special: true },
	{ content: "<both>", ...flags, lstrip: true, rstrip: true },
	{ content: "<word>", ...flags, single_word: true },
	{ content: "plainword", ...flags, single_word: true, normalized: false },
	{ content: "<Cat>", ...flags },
	{ content: "<CAT>", ...flags, normalized: false },
	{ content: "Öl", ...flags },
	{ content: "two words", ...flags },
];
/** A text that textual inversion has given three vectors, and one of a single vector. */
const VECTORS = ["<cat-toy>", "<cat-toy>_1", "<cat-toy>_2", "<Cat>"].map((content) => ({ content, ...flags }));

type Files = Record<string, string | Uint8Array>;
type Json = Record<string, unknown>;

/** The forms of CLIP's and of T5's tokenizer, made of the vocabularies in two folders; those of the tests where none are given. */
export function formsOf(clip = CLIP, t5 = T5): Form[] {
	const text = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");
	const vocab = text(clip, "vocab.json");
	const merges = text(clip, "merges.txt");
	const config = JSON.parse(text(clip, "tokenizer_config.json")) as Json;
	const map = JSON.parse(text(clip, "special_tokens_map.json")) as Json;
	const bare = { "vocab.json": vocab, "merges.txt": merges };
	const slow = { ...bare, "tokenizer_config.json": json(config), "special_tokens_map.json": json(map) };
	const own = JSON.parse(vocab) as Record<string, number>;
	const size = Object.keys(own).length;
	const [start, end] = [own["<|startoftext|>"]!, own["<|endoftext|>"]!];
	const fast = (added: readonly object[]) => json(clipJson(own, merges, added));
	const ends = [
		{ id: start, content: "<|startoftext|>", ...flags, special: true },
		{ id: end, content: "<|endoftext|>", ...flags, normalized: false, special: true },
	];
	const plain = {
		model_max_length: 77,
		bos_token: "<|startoftext|>",
		eos_token: "<|endoftext|>",
		pad_token: "<|endoftext|>",
	};
	const clipForms: Record<string, Files> = {
		"vocab and merges": bare,
		slow: slow,
		"pad !": {
			...bare,
			"tokenizer_config.json": json({ ...config, pad_token: "!" }),
			"special_tokens_map.json": json({ ...map, pad_token: "!" }),
		},
		"added_tokens.json": { ...slow, "added_tokens.json": json(encoder([...VECTORS], size)) },
		"added_tokens.json, special": {
			...slow,
			"special_tokens_map.json": json({ ...map, additional_special_tokens: ["<Cat>"] }),
			"added_tokens.json": json(encoder(VECTORS.slice(3), size)),
		},
		added_tokens_decoder: {
			...bare,
			"tokenizer_config.json": json({ ...plain, added_tokens_decoder: decoder([...ends, ...numbered(ADDED, size)]) }),
			"special_tokens_map.json": json({ ...map, pad_token: "!" }),
		},
		"tokenizer.json alone": { "tokenizer.json": fast([...ends, ...numbered(ADDED, size)]) },
		"tokenizer.json": {
			"tokenizer.json": fast([...ends, ...numbered(VECTORS, size)]),
			"tokenizer_config.json": json(plain),
		},
		extra_special_tokens: {
			...bare,
			"tokenizer_config.json": json({ ...plain, extra_special_tokens: ["<Cat>", "two words"], image_token: "<left>" }),
		},
		left: {
			...bare,
			"tokenizer_config.json": json({
				...config,
				padding_side: "left",
				truncation_side: "left",
				split_special_tokens: true,
			}),
		},
	};
	const pieces = JSON.parse(text(t5, "tokenizer.json")) as {
		added_tokens: { id: number }[];
		model: { vocab: unknown[] };
	};
	const count = pieces.model.vocab.length;
	const spiece = readFileSync(join(t5, "spiece.model"));
	const t5Config = { extra_ids: 100, model_max_length: 512, eos_token: "</s>", pad_token: "<pad>", unk_token: "<unk>" };
	const more = { ...pieces, added_tokens: [...pieces.added_tokens, ...numbered(ADDED, count)] };
	const known = pieces.added_tokens as (object & { id: number })[];
	const t5Forms: Record<string, Files> = {
		"tokenizer.json alone": { "tokenizer.json": json(pieces) },
		"spiece.model alone": { "spiece.model": spiece },
		"spiece.model": { "spiece.model": spiece, "tokenizer_config.json": json({ ...t5Config, extra_ids: 8 }) },
		added_tokens_decoder: {
			"spiece.model": spiece,
			"tokenizer_config.json": json({
				...t5Config,
				added_tokens_decoder: decoder([...known, ...numbered(ADDED, count)]),
			}),
		},
		"added tokens in tokenizer.json": {
			"tokenizer.json": json(more),
			"tokenizer_config.json": json({ ...t5Config, clean_up_tokenization_spaces: true }),
		},
		"added_tokens.json": {
			"tokenizer.json": json(pieces),
			"tokenizer_config.json": json(t5Config),
			"special_tokens_map.json": json({ pad_token: "<pad>", eos_token: "</s>", unk_token: "<unk>" }),
			"added_tokens.json": json(encoder(VECTORS, count)),
		},
		"as saved": existing(t5, ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]),
	};
	return [
		...Object.entries(clipForms).map(([name, files]) => ({
			name: `CLIP, ${name}`,
			kind: "clip" as const,
			tokens: 77,
			files,
		})),
		...Object.entries(t5Forms).map(([name, files]) => ({
			name: `T5, ${name}`,
			kind: "t5" as const,
			tokens: 128,
			files,
		})),
	];
}

function json(value: unknown): string {
	return JSON.stringify(value);
}

function numbered<T extends object>(tokens: readonly T[], from: number): (T & { id: number })[] {
	return tokens.map((token, i) => ({ id: from + i, ...token }));
}

function encoder(tokens: readonly { content: string }[], from: number): Record<string, number> {
	return Object.fromEntries(tokens.map(({ content }, i) => [content, from + i]));
}

function decoder(tokens: readonly (object & { id: number })[]): Json {
	return Object.fromEntries(tokens.map(({ id, ...token }) => [id, token]));
}

function existing(folder: string, files: readonly string[]): Files {
	const there = files.filter((file) => existsSync(join(folder, file)));
	return Object.fromEntries(there.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

/** CLIP's `tokenizer.json`, as transformers 4 saves it. */
function clipJson(vocab: Json, merges: string, added_tokens: readonly object[]): Json {
	const pattern = { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" };
	const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
	const ends = { sep: ["<|endoftext|>", vocab["<|endoftext|>"]], cls: ["<|startoftext|>", vocab["<|startoftext|>"]] };
	const steps = [{ type: "NFC" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, { type: "Lowercase" }];
	const split = { type: "Split", pattern, behavior: "Removed", invert: true };
	const affixes = { continuing_subword_prefix: "", end_of_word_suffix: "</w>" };
	return {
		version: "1.0",
		truncation: null,
		padding: null,
		added_tokens,
		normalizer: { type: "Sequence", normalizers: steps },
		pre_tokenizer: { type: "Sequence", pretokenizers: [split, bytes] },
		post_processor: { type: "RobertaProcessing", ...ends, trim_offsets: false, add_prefix_space: false },
		decoder: { ...bytes, add_prefix_space: true },
		model: {
			...{ type: "BPE", dropout: null, unk_token: "<|endoftext|>", ...affixes, fuse_unk: false },
			vocab,
			merges: merges.split("\n").filter((line) => line !== "" && !line.startsWith("#version")),
		},
	};
}
