import { CheckpointError, shown, type Tensor } from "@drum/tensor";
import {
	AddedVocabulary,
	BYTE_LETTERS,
	type BytePairModel,
	BytePairs,
	compose,
	fromLetters,
	PromptRows,
	parseBytePairFiles,
	type TokenizerSettingsFiles,
	textOf,
	tokenizerSettings,
	tokensById,
	tokensToAdd,
	toLetters,
} from "@drum/tokens";
import { parseTokenizerJson } from "./tokenizer-json.ts";
import { wordsOf } from "./words.ts";

/** Contents of a tokenizer's folder: `tokenizer.json`, or `vocab.json` and `merges.txt`, and the settings' files that exist. */
export interface Qwen2TokenizerFiles extends Omit<TokenizerSettingsFiles, "severalVectors"> {
	vocab?: unknown;
	merges?: string | undefined;
}

const END_OF_TEXT = "<|endoftext|>";
const DEFAULTS = { eos_token: END_OF_TEXT, unk_token: END_OF_TEXT, pad_token: END_OF_TEXT };

/**
 * Qwen's tokenizer: byte pairs of composed text, with nothing before or after it. Special tokens in a text keep their meaning, because the chat
 * template has some. As in transformers' Qwen2Tokenizer:
 * https://github.com/huggingface/transformers/blob/v5.24.0/src/transformers/models/qwen2/tokenization_qwen2.py
 */
export class Qwen2Tokenizer {
	/** One more than the largest id that it gives. */
	readonly size: number;
	readonly pad: number;
	readonly #rows: PromptRows;

	/** @throws CheckpointError for files that are missing, malformed, of another kind of tokenizer, or pad or cut on the left */
	constructor(files: Qwen2TokenizerFiles) {
		const { name } = files;
		const settings = tokenizerSettings(files, DEFAULTS);
		const { paddingSide, truncationSide } = settings;
		for (const [setting, side] of Object.entries({ padding_side: paddingSide, truncation_side: truncationSide })) {
			if (side === "right") continue;
			throw new CheckpointError({ what: `${setting} of tokenizer ${name}`, expected: `"right"`, found: shown(side) });
		}
		const { ids, merges } = modelOf(files);
		const pairs = new BytePairs(ids, merges, { name });
		if (!pairs.knows(BYTE_LETTERS)) {
			throw new CheckpointError({
				what: `tokenizer ${name}`,
				expected: "all bytes in its vocabulary",
				found: "not all",
			});
		}
		const saved = tokensToAdd(settings, settings.extra ?? settings.additional ?? []);
		const added = new AddedVocabulary(pairs, saved, compose, { name, splitSpecial: settings.splitSpecial });
		let end = added.end;
		for (const id of ids.values()) end = Math.max(end, id + 1);
		this.size = end;
		const pad = settings.named.get("pad_token");
		if (pad === undefined)
			throw new CheckpointError({ what: `tokenizer ${name}`, expected: "a pad_token", found: "none" });
		this.pad = added.idOf(textOf(pad))!;
		this.#rows = new PromptRows({
			...{ added, severalVectors: false },
			rows: { start: [], end: [], pad: this.pad, paddingSide, truncationSide },
			wordIds: (text) => wordIds(pairs, text),
			tokenOf: tokensById(ids),
			textOf: fromLetters,
		});
	}

	/** Ids of texts `[texts, tokens]`, cut and padded, and the number of ids in each row that are not padding. */
	encode(texts: readonly string[], tokens: number): { ids: Tensor<"int64">; lengths: readonly number[] } {
		const lines = this.#rows.of(texts);
		return { ids: this.#rows.rows(lines, tokens).ids, lengths: lines.map((line) => Math.min(line.length, tokens)) };
	}

	/** For each text, the part that `encode` cuts off, `""` if all fits. */
	overflow(texts: readonly string[], tokens: number): string[] {
		return this.#rows.overflow(texts, tokens);
	}
}

function* wordIds(pairs: BytePairs, text: string): Generator<number> {
	for (const word of wordsOf(text)) yield* pairs.encode(toLetters(word));
}

function modelOf({ name, tokenizer, vocab, merges }: Qwen2TokenizerFiles): BytePairModel {
	if (tokenizer !== undefined) return parseTokenizerJson(tokenizer, `${name}/tokenizer.json`);
	return parseBytePairFiles(vocab, merges, name);
}
