import { CheckpointError, type Tensor } from "@drum/tensor";
import {
	AddedVocabulary,
	addedToken,
	PromptRows,
	type SavedToken,
	type TokenizerSettings,
	type TokenizerSettingsFiles,
	textOf,
	tokenizerSettings,
	tokensToAdd,
} from "@drum/tokens";
import { Charsmap } from "./charsmap.ts";
import { parseSentencePiece } from "./spiece.ts";
import { parseTokenizerJson, UNKNOWN, type UnigramModel } from "./tokenizer-json.ts";
import { Unigram } from "./unigram.ts";

/** Contents of a tokenizer's folder: `tokenizer.json` or `spiece.model`, and the settings' files that exist. */
export interface T5TokenizerFiles extends TokenizerSettingsFiles {
	/** The bytes of `spiece.model`. */
	spiece?: Uint8Array | undefined;
}

const DEFAULTS = { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" };

/**
 * T5's tokenizer: a unigram model of words that the charsmap has normalised, then `</s>`, then padding with `<pad>`, as in transformers' T5Tokenizer:
 * https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/t5/tokenization_t5.py
 */
export class T5Tokenizer {
	/** One more than the largest id that it gives. */
	readonly size: number;
	/** Turns prompts into rows of ids. */
	readonly rows: PromptRows;

	/** @throws CheckpointError for files that are missing, malformed or of another kind of tokenizer */
	constructor(files: T5TokenizerFiles) {
		const { name } = files;
		const settings = tokenizerSettings(files, DEFAULTS);
		const { pieces, charsmap, control } = modelOf(files, settings.extraIds);
		const unigram = new Unigram(pieces, UNKNOWN);
		const normalize = charsmap ? normalizer(charsmap, name) : (text: string) => text;
		const saved = tokensToAdd(settings, settings.extra ?? extraTokens(settings, control, name));
		const added = new AddedVocabulary(unigram, saved, normalize, { name, splitSpecial: settings.splitSpecial });
		this.size = Math.max(pieces.length, added.end);
		const id = (key: string) => {
			const token = settings.named.get(key);
			if (token !== undefined) return added.idOf(textOf(token))!;
			throw new CheckpointError({ what: `tokenizer ${name}`, expected: `a ${key}`, found: "none" });
		};
		const { paddingSide, truncationSide } = settings;
		this.rows = new PromptRows({
			...{ added, severalVectors: files.severalVectors },
			rows: { start: [], end: [id("eos_token")], pad: id("pad_token"), paddingSide, truncationSide },
			wordIds: (text) => wordIds(unigram, text),
			tokenOf: (id) => unigram.textOf(id) ?? "",
			textOf: (tokens) => written(tokens, settings.cleanUp),
		});
	}

	/** int64 `[prompts, tokens]`: at most `tokens − 1` ids, end, padding. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		return this.rows.encode(prompts, tokens);
	}

	/** For each prompt, the text of the ids that `encode` cuts off, `""` if all fit. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		return this.rows.overflow(prompts, tokens);
	}
}

function* wordIds(unigram: Unigram, text: string): Generator<number> {
	for (const [word] of text.matchAll(/\P{White_Space}+/gu)) {
		const whole = word.startsWith("▁") ? word : `▁${word}`;
		for (const [part] of whole.matchAll(/▁[^▁]*/g)) yield* unigram.encode(part);
	}
}

function written(tokens: readonly string[], cleaned: boolean): string {
	const text = tokens.map((token, i) => token.replaceAll("▁", i === 0 ? "" : " ")).join("");
	return cleaned ? cleanUp(text) : text;
}

/** The normalisation of text between added tokens. */
function normalizer(bytes: Uint8Array, name: string): (text: string) => string {
	try {
		const charsmap = new Charsmap(bytes);
		return (text) => charsmap.normalize(text);
	} catch (cause) {
		throw new CheckpointError({
			what: `tokenizer ${name}`,
			expected: "a charsmap",
			found: (cause as Error).message,
			cause,
		});
	}
}

/** The extra ids, if `additional_special_tokens` has none. They follow the control tokens of a `spiece.model`. */
function extraTokens(
	{ additional, extraIds }: TokenizerSettings,
	control: readonly SavedToken[] | undefined,
	name: string,
): readonly SavedToken[] {
	const given = control ?? additional ?? [];
	const count = given.filter((token) => textOf(token).includes("<extra_id_")).length;
	if (count > 0 && extraIds > 0 && count !== extraIds) {
		const what = `additional_special_tokens of tokenizer ${name}`;
		throw new CheckpointError({ what, expected: `${extraIds} extra ids`, found: String(count) });
	}
	return count > 0 ? given : [...given, ...Array.from({ length: extraIds }, (_, i) => `<extra_id_${i}>`)];
}

interface Model extends UnigramModel {
	/** The control tokens of a `spiece.model`. */
	readonly control?: readonly SavedToken[] | undefined;
}

function modelOf({ name, tokenizer, spiece }: T5TokenizerFiles, extraIds: number): Model {
	if (tokenizer !== undefined) return parseTokenizerJson(tokenizer, `${name}/tokenizer.json`);
	if (!spiece) {
		const expected = "tokenizer.json or spiece.model";
		const next = "Put the missing file next to its tokenizer_config.json";
		throw new CheckpointError({ what: `tokenizer ${name}`, expected, found: "neither", next });
	}
	const { vocab, unknownId, charsmap, control } = parseSentencePiece(spiece, `${name}/spiece.model`);
	if (unknownId !== UNKNOWN) {
		const what = `the unknown piece of ${name}/spiece.model`;
		throw new CheckpointError({ what, expected: `the id ${UNKNOWN}, as T5's has`, found: String(unknownId) });
	}
	const extra = Array.from({ length: extraIds }, (_, i): [string, number] => [`<extra_id_${extraIds - 1 - i}>`, 0]);
	return {
		pieces: [...vocab, ...extra],
		charsmap: charsmap.length > 0 ? charsmap : undefined,
		control: control.map((piece) =>
			addedToken.parse({ content: piece.text, normalized: false, special: piece.isControl }),
		),
	};
}

/** Joins words as transformers does: https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/tokenization_utils_base.py */
function cleanUp(text: string): string {
	return text
		.replaceAll(" .", ".")
		.replaceAll(" ?", "?")
		.replaceAll(" !", "!")
		.replaceAll(" ,", ",")
		.replaceAll(" ' ", "'")
		.replaceAll(" n't", "n't")
		.replaceAll(" 'm", "'m")
		.replaceAll(" 's", "'s")
		.replaceAll(" 've", "'ve")
		.replaceAll(" 're", "'re");
}
