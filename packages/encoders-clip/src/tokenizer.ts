import { CheckpointError, shown, type Tensor } from "@drum/tensor";
import {
	AddedVocabulary,
	BYTE_LETTERS,
	type BytePairModel,
	BytePairs,
	compose,
	fromLetters,
	isSpace,
	LETTER,
	lowerCase,
	NUMBER,
	OTHER,
	PromptRows,
	parseBytePairFiles,
	type TokenizerSettingsFiles,
	textOf,
	tokenizerSettings,
	tokensById,
	tokensToAdd,
	toLetters,
} from "@drum/tokens";
import { END_OF_WORD, parseTokenizerJson } from "./tokenizer-json.ts";

/** Contents of a tokenizer's folder: `tokenizer.json`, or `vocab.json` and `merges.txt`, and the settings' files that exist. */
export interface TokenizerFiles extends TokenizerSettingsFiles {
	vocab?: unknown;
	merges?: string | undefined;
}

const DEFAULTS = {
	bos_token: "<|startoftext|>",
	eos_token: "<|endoftext|>",
	unk_token: "<|endoftext|>",
	pad_token: "<|endoftext|>",
};

const SUFFIXES = "'s|'t|'re|'ve|'m|'ll|'d";
/** The first split of a prompt. It includes the two special tokens, for text that only looks like them in lower case. */
const WORDS = new RegExp(`<\\|startoftext\\|>|<\\|endoftext\\|>|${SUFFIXES}|${LETTER}+|${NUMBER}|${OTHER}+`, "gv");
/** The second split, of each part. */
const PARTS = new RegExp(`${SUFFIXES}|${LETTER}+|${NUMBER}+|${OTHER}+`, "gv");

/**
 * CLIP's tokenizer: byte pairs of composed text in lower case, between start and end, as in transformers' CLIPTokenizer:
 * https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/tokenization_clip.py
 */
export class CLIPTokenizer {
	readonly endOfText: number;
	/** The `model_max_length` of its settings, in tokens. Undefined if they have none. */
	readonly length: number | undefined;
	/** One more than the largest id that it gives. */
	readonly size: number;
	/** Turns prompts into rows of ids. */
	readonly rows: PromptRows;

	/** @throws CheckpointError for files that are missing, malformed or of another kind of tokenizer */
	constructor(files: TokenizerFiles) {
		const { name } = files;
		const settings = tokenizerSettings(files, DEFAULTS);
		const { ids, merges } = modelOf(files);
		const token = (key: string) => {
			const value = settings.named.get(key);
			if (value !== undefined) return textOf(value);
			throw new CheckpointError({ what: `tokenizer ${name}`, expected: `a ${key}`, found: "none" });
		};
		const pairs = new BytePairs(ids, merges, { name, unknown: token("unk_token"), suffix: END_OF_WORD });
		if (!pairs.knows(BYTE_LETTERS)) {
			const expected = `all bytes, or its unknown token ${shown(token("unk_token"))}, in its vocabulary`;
			throw new CheckpointError({ what: `tokenizer ${name}`, expected, found: "neither" });
		}
		const saved = tokensToAdd(settings, settings.extra ?? settings.additional ?? []);
		const added = new AddedVocabulary(pairs, saved, normalize, { name, splitSpecial: settings.splitSpecial });
		let end = added.end;
		for (const id of ids.values()) end = Math.max(end, id + 1);
		this.size = end;
		this.length = settings.length;
		const id = (key: string) => {
			const found = added.idOf(token(key));
			if (found !== undefined) return found;
			const expected = `the ${key} ${shown(token(key))} in its vocabulary`;
			throw new CheckpointError({ what: `tokenizer ${name}`, expected, found: "none" });
		};
		this.endOfText = id("eos_token");
		const { paddingSide, truncationSide } = settings;
		this.rows = new PromptRows({
			...{ added, severalVectors: files.severalVectors },
			rows: { start: [id("bos_token")], end: [this.endOfText], pad: id("pad_token"), paddingSide, truncationSide },
			wordIds: (text) => wordIds(pairs, text),
			tokenOf: tokensById(ids),
			textOf: (tokens) => strip(fromLetters(tokens).replaceAll(END_OF_WORD, " ")),
		});
	}

	/** int64 `[prompts, tokens]`: start, at most `tokens − 2` ids, end, padding. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		return this.rows.encode(prompts, tokens);
	}

	/** For each prompt, the text of the ids that `encode` cuts off, `""` if all fit. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		return this.rows.overflow(prompts, tokens);
	}
}

function* wordIds(pairs: BytePairs, text: string): Generator<number> {
	for (const [word] of text.matchAll(WORDS)) {
		for (const [part] of word.matchAll(PARTS)) yield* pairs.encode(toLetters(part));
	}
}

function normalize(text: string): string {
	return lowerCase(compose(text).replace(/\p{White_Space}+/gu, " "));
}

/** As Python's `strip` does it. */
function strip(text: string): string {
	const isOuter = (letter: string) => isSpace(letter) || (letter >= "\x1c" && letter <= "\x1f");
	let [from, to] = [0, text.length];
	while (from < to && isOuter(text[from]!)) from++;
	while (from < to && isOuter(text[to - 1]!)) to--;
	return text.slice(from, to);
}

function modelOf({ name, tokenizer, vocab, merges }: TokenizerFiles): BytePairModel {
	if (tokenizer !== undefined) return parseTokenizerJson(tokenizer, `${name}/tokenizer.json`);
	return parseBytePairFiles(vocab, merges, name);
}
