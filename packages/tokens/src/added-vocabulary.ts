import { ArgumentError, CheckpointError, shown } from "@drum/tensor";
import { type AddedToken, addedToken, isNormalized } from "./added-token.ts";
import { Trie } from "./trie.ts";
import { isSpace, isWord } from "./unicode.ts";

/** The vocabulary of a tokenizer's model, without added tokens: byte pairs or unigrams. */
export interface BaseVocabulary {
	/** How many tokens it has. */
	readonly size: number;
	idOf(token: string): number | undefined;
}

/** A part of a prompt: an added token with its text in the prompt, or normalised text between added tokens. */
export interface Piece {
	readonly text: string;
	readonly id: number | undefined;
}

interface VocabularyOptions {
	/** Names the tokenizer in errors. */
	readonly name: string;
	readonly splitSpecial: boolean;
	/** The ids of tokens that are not numbered after the model's. */
	readonly ids?: ReadonlyMap<string, number> | undefined;
}

/**
 * A tokenizer's added tokens, and its search for them in prompts. It mirrors Hugging Face's tokenizers:
 * https://github.com/huggingface/tokenizers/blob/3ba8ad0061a885baf052bbb7bbd22857e73e0c4e/tokenizers/src/tokenizer/added_vocabulary.rs
 */
export class AddedVocabulary {
	readonly #base: BaseVocabulary;
	readonly #given: readonly AddedToken[];
	readonly #options: VocabularyOptions;
	readonly #normalize: (text: string) => string;
	/** Whether special tokens in a prompt are read as normal text. */
	readonly #splitSpecial: boolean;
	readonly #ids = new Map<string, number>();
	readonly #tokens = new Map<number, AddedToken>();
	/** The normalised text of each token that is searched for in normalised text. */
	readonly #written = new Map<number, string>();
	readonly #asWritten: Trie;
	readonly #asNormalized: Trie;

	/**
	 * A token that the model has keeps its id. The others get the ids after the model's. A later token replaces an earlier one with the same text.
	 * @throws CheckpointError for two tokens whose normalised texts are equal, and for one whose normalised text is empty
	 */
	constructor(
		base: BaseVocabulary,
		tokens: readonly AddedToken[],
		normalize: (text: string) => string,
		options: VocabularyOptions,
	) {
		const { name, splitSpecial, ids } = options;
		this.#base = base;
		this.#given = tokens;
		this.#options = options;
		this.#normalize = normalize;
		this.#splitSpecial = splitSpecial;
		let next = base.size;
		for (const token of tokens) {
			if (token.content === "") continue;
			const id = ids?.get(token.content) ?? this.idOf(token.content) ?? next++;
			this.#ids.set(token.content, id);
			this.#tokens.set(id, token);
			if (isNormalized(token)) this.#written.set(id, normalize(token.content));
		}
		const asWritten = [...this.#tokens].filter(([, token]) => !isNormalized(token));
		const asNormalized = [...this.#tokens].filter(([, token]) => isNormalized(token));
		this.#asWritten = new Trie(asWritten.map(([id, { content }]) => [content, id]));
		const patterns = new Map<string, number>();
		for (const [id, { content }] of asNormalized) {
			const text = normalize(content);
			const other = this.#tokens.get(patterns.get(text) ?? -1);
			if (other || text === "") {
				const found = other ? `${shown(other.content)} and ${shown(content)}` : shown(content);
				const expected = other
					? "added tokens that differ after normalisation"
					: "added tokens that are not empty after normalisation";
				throw new CheckpointError({ what: `tokenizer ${name}`, expected, found });
			}
			patterns.set(text, id);
		}
		this.#asNormalized = new Trie(patterns);
	}

	/**
	 * Returns a vocabulary with more tokens, which have the given ids and are searched for in normalised text.
	 * @throws ArgumentError for a token that exists already, possibly only after normalisation, or is empty or not well-formed
	 */
	with(more: readonly (readonly [token: string, id: number])[]): AddedVocabulary {
		const normalized = new Set([...this.#tokens.values()].map(({ content }) => this.#normalize(content)));
		for (const [token] of more) {
			const text = this.#normalize(token);
			const isEmpty = token.trim() === "" || text.trim() === "" || !token.isWellFormed();
			const isThere = this.idOf(token) !== undefined || normalized.has(text);
			normalized.add(text);
			if (!isEmpty && !isThere) continue;
			const found = isEmpty ? shown(token) : `${shown(token)}, which exists already`;
			const expected = `a token that is not empty and is new to the tokenizer ${this.#options.name}`;
			throw new ArgumentError({ what: "token", expected, found, next: "Give it another name, such as <my-style>" });
		}
		const tokens = [...this.#given, ...more.map(([content]) => addedToken.parse({ content }))];
		return new AddedVocabulary(this.#base, tokens, this.#normalize, { ...this.#options, ids: new Map(more) });
	}

	/** The id of an added token or of one of the model's. */
	idOf(token: string): number | undefined {
		return this.#ids.get(token) ?? this.#base.idOf(token);
	}

	/** The added tokens' texts. */
	get texts(): readonly string[] {
		return [...this.#ids.keys()];
	}

	/** The text of an added token when ids are decoded. */
	textOf(id: number): string | undefined {
		return this.#written.get(id) ?? this.#tokens.get(id)?.content;
	}

	/** One more than the largest id of an added token. */
	get end(): number {
		let end = 0;
		for (const id of this.#tokens.keys()) end = Math.max(end, id + 1);
		return end;
	}

	/** Splits a prompt at its added tokens. It first searches for those that are not normalised, and then for the others. */
	split(prompt: string): Piece[] {
		return this.#find(prompt, this.#asWritten).flatMap((piece) =>
			piece.id === undefined ? this.#find(this.#normalize(piece.text), this.#asNormalized) : piece,
		);
	}

	/** Finds tokens from left to right. Of several at the same place it takes the longest. */
	#find(text: string, trie: Trie): Piece[] {
		const pieces: Piece[] = [];
		let done = 0;
		const upTo = (end: number) => {
			if (done < end) pieces.push({ text: text.slice(done, end), id: undefined });
		};
		for (let from = 0; from < text.length; ) {
			let [matchEnd, id] = [-1, -1];
			trie.each(text, from, (end, value) => {
				[matchEnd, id] = [end, value];
			});
			if (matchEnd === -1) {
				from++;
				continue;
			}
			const token = this.#tokens.get(id)!;
			const alone = !token.single_word || !(isWord(before(text, from)) || isWord(behind(text, matchEnd)));
			if (alone && !(this.#splitSpecial && token.special)) {
				const start = token.lstrip ? spacesBefore(text, from, done) : from;
				const end = token.rstrip ? spacesBehind(text, matchEnd) : matchEnd;
				upTo(start);
				pieces.push({ text: text.slice(start, end), id });
				done = end;
			}
			from = matchEnd;
		}
		upTo(text.length);
		return pieces;
	}
}

function before(text: string, at: number): string {
	const whole = at > 1 && /[\udc00-\udfff]/.test(text[at - 1]!);
	return text.slice(whole ? at - 2 : Math.max(0, at - 1), at);
}

function behind(text: string, at: number): string {
	const point = text.codePointAt(at);
	return point === undefined ? "" : String.fromCodePoint(point);
}

/** Each space is one UTF-16 unit. */
function spacesBefore(text: string, at: number, least: number): number {
	let start = at;
	while (start > 0 && isSpace(text[start - 1]!)) start--;
	return Math.max(start, least);
}

function spacesBehind(text: string, at: number): number {
	let end = at;
	while (end < text.length && isSpace(text[end]!)) end++;
	return end;
}
