import type { PromptIds, Tensor } from "@drum/tensor";
import type { AddedVocabulary } from "./added-vocabulary.ts";
import { cut, fixedRows, type RowOptions } from "./fixed-rows.ts";
import { severalVectors } from "./vectors.ts";

/** What differs between tokenizers: mainly how they split the text between added tokens. */
export interface PromptModel {
	readonly added: AddedVocabulary;
	/** False if an added token with several vectors only stands for the first. */
	readonly severalVectors: boolean | undefined;
	readonly rows: RowOptions;
	/** The ids of a text without added tokens. */
	wordIds(text: string): Iterable<number>;
	/** The token of an id that is not an added token's. `""` if there is none. */
	tokenOf(id: number): string;
	/** Decodes tokens to text. */
	textOf(tokens: readonly string[]): string;
}

/** Turns prompts of any length into rows of ids of a fixed length, with the added tokens in them. */
export class PromptRows implements PromptIds {
	readonly #model: PromptModel;
	readonly #learned: ReadonlyMap<number, readonly number[]>;
	#vectors: ReturnType<typeof severalVectors>;

	/** @param learned for the first id of a learned token, the ids of all its vectors */
	constructor(model: PromptModel, learned: ReadonlyMap<number, readonly number[]> = new Map()) {
		this.#model = model;
		this.#learned = learned;
		this.#vectors = model.severalVectors === false ? undefined : severalVectors(model.added.texts);
	}

	/**
	 * Returns a tokenizer with learned tokens. Each has one id for each vector. The vectors after the first are named `<token>_1` and so on.
	 * @throws ArgumentError as `AddedVocabulary.with`
	 */
	with(tokens: readonly (readonly [token: string, ids: readonly number[]])[]): PromptRows {
		const named = tokens.flatMap(([token, ids]) =>
			ids.map((id, i) => [i === 0 ? token : `${token}_${i}`, id] as const),
		);
		const learned = new Map(tokens.map(([, ids]) => [ids[0]!, ids]));
		// The tokenizer's own tokens with several vectors are those from when it was made, without the learned ones.
		const made = new PromptRows({ ...this.#model, added: this.#model.added.with(named) }, learned);
		made.#vectors = this.#vectors;
		return made;
	}

	/** The ids of added tokens in a text. */
	addedIn(text: string): number[] {
		return this.#model.added.split(text.toWellFormed()).flatMap(({ id }) => (id === undefined ? [] : [id]));
	}

	/** Encodes prompts as int64 `[prompts, tokens]`: start, as many ids as fit, end, padding. */
	encode(prompts: readonly string[], tokens: number): Tensor<"int64"> {
		return this.rows(this.of(prompts), tokens).ids;
	}

	get around(): number {
		const { start, end } = this.#model.rows;
		return start.length + end.length;
	}

	of(texts: readonly string[]): number[][] {
		return texts.map((text) => this.#idsOf(text));
	}

	rows(lines: readonly (readonly number[])[], tokens: number): { ids: Tensor<"int64">; starts: number[] } {
		return fixedRows(lines, tokens, this.#model.rows);
	}

	/** For each prompt, the text of the ids that `encode` cuts off. `""` if all ids fit. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		const { added, rows, tokenOf, textOf } = this.#model;
		return prompts.map((prompt) => {
			const { over } = cut(this.#idsOf(prompt), tokens, rows);
			return textOf(over.map((id) => added.textOf(id) ?? tokenOf(id)));
		});
	}

	#idsOf(prompt: string): number[] {
		// Half a surrogate pair is not a character, and becomes U+FFFD, as in a UTF-8 decoder.
		const text = prompt.toWellFormed();
		const ids = this.#pieces(text);
		if (!this.#vectors) return this.#expanded(ids);
		const tokens = ids.map(({ id, token }) => token ?? this.#model.tokenOf(id));
		return this.#expanded(this.#pieces(this.#vectors(text, tokens)));
	}

	#expanded(pieces: readonly { id: number }[]): number[] {
		return pieces.flatMap(({ id }) => this.#learned.get(id) ?? id);
	}

	/** The ids. Those of added tokens have their text in the prompt. */
	#pieces(prompt: string): { id: number; token: string | undefined }[] {
		const pieces: { id: number; token: string | undefined }[] = [];
		for (const { id, text } of this.#model.added.split(prompt)) {
			if (id !== undefined) pieces.push({ id, token: text });
			else for (const each of this.#model.wordIds(text)) pieces.push({ id: each, token: undefined });
		}
		return pieces;
	}
}
