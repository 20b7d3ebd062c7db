import type { PromptIds, Tensor } from "@drum/tensor";
import type { AddedVocabulary } from "./added-vocabulary.ts";
import { cut, fixedRows, type RowOptions } from "./fixed-rows.ts";
import { severalVectors } from "./vectors.ts";

/** A tokenizer's own part: what is between added tokens. */
export interface PromptModel {
	readonly added: AddedVocabulary;
	/** False where an added token of several vectors is not written out. */
	readonly severalVectors: boolean | undefined;
	readonly rows: RowOptions;
	/** Ids of text without added tokens. */
	wordIds(text: string): Iterable<number>;
	/** The token of an id that is not an added one's; `""` for none. */
	tokenOf(id: number): string;
	/** Tokens written back as text. */
	textOf(tokens: readonly string[]): string;
}

/** Prompts of any length as rows of ids of one length, around the added tokens that they name. */
export class PromptRows implements PromptIds {
	readonly #model: PromptModel;
	readonly #learned: ReadonlyMap<number, readonly number[]>;
	#vectors: ReturnType<typeof severalVectors>;

	/** @param learned ids that stand for several, which is what a learned token of several vectors is */
	constructor(model: PromptModel, learned: ReadonlyMap<number, readonly number[]> = new Map()) {
		this.#model = model;
		this.#learned = learned;
		this.#vectors = model.severalVectors === false ? undefined : severalVectors(model.added.texts);
	}

	/**
	 * The same with learned tokens, each with an id for each of its vectors: of which those behind the first go by its name with a number.
	 * @throws ArgumentError as `AddedVocabulary.with`
	 */
	with(tokens: readonly (readonly [token: string, ids: readonly number[]])[]): PromptRows {
		const named = tokens.flatMap(([token, ids]) =>
			ids.map((id, i) => [i === 0 ? token : `${token}_${i}`, id] as const),
		);
		const learned = new Map(tokens.map(([, ids]) => [ids[0]!, ids]));
		// What several vectors a tokenizer has already, it was asked when it was made.
		const made = new PromptRows({ ...this.#model, added: this.#model.added.with(named) }, learned);
		made.#vectors = this.#vectors;
		return made;
	}

	/** The ids of added tokens in a text. */
	addedIn(text: string): number[] {
		return this.#model.added.split(text.toWellFormed()).flatMap(({ id }) => (id === undefined ? [] : [id]));
	}

	/** int64 `[prompts, tokens]`: start, as many ids as there is room for, end, padding. */
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

	/** For each prompt the text of the ids that `encode` cuts away, `""` where all fit. */
	overflow(prompts: readonly string[], tokens: number): string[] {
		const { added, rows, tokenOf, textOf } = this.#model;
		return prompts.map((prompt) => {
			const { over } = cut(this.#idsOf(prompt), tokens, rows);
			return textOf(over.map((id) => added.textOf(id) ?? tokenOf(id)));
		});
	}

	#idsOf(prompt: string): number[] {
		// Half a surrogate pair is no character: it becomes U+FFFD, as a decoder would have made of its bytes.
		const text = prompt.toWellFormed();
		const ids = this.#pieces(text);
		if (!this.#vectors) return this.#expanded(ids);
		const tokens = ids.map(({ id, token }) => token ?? this.#model.tokenOf(id));
		return this.#expanded(this.#pieces(this.#vectors(text, tokens)));
	}

	#expanded(pieces: readonly { id: number }[]): number[] {
		return pieces.flatMap(({ id }) => this.#learned.get(id) ?? id);
	}

	/** Ids, and of those of added tokens what they were found as. */
	#pieces(prompt: string): { id: number; token: string | undefined }[] {
		const pieces: { id: number; token: string | undefined }[] = [];
		for (const { id, text } of this.#model.added.split(prompt)) {
			if (id !== undefined) pieces.push({ id, token: text });
			else for (const each of this.#model.wordIds(text)) pieces.push({ id: each, token: undefined });
		}
		return pieces;
	}
}
