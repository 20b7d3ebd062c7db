import { ArgumentError, CheckpointError, shown } from "@drum/tensor";
import { type AddedToken, addedToken, isNormalized } from "./added-token.ts";
import { Trie } from "./trie.ts";
import { isSpace, isWord } from "./unicode.ts";

/** The model under the added tokens: byte pairs or unigrams. */
export interface BaseVocabulary {
	/** How many tokens it has. */
	readonly size: number;
	idOf(token: string): number | undefined;
}

/** A stretch of a prompt: an added token, with the text that it was found as; or normalised text between them. */
export interface Piece {
	readonly text: string;
	readonly id: number | undefined;
}

interface VocabularyOptions {
	/** Names the tokenizer in errors. */
	readonly name: string;
	readonly splitSpecial: boolean;
	/** Of tokens that have an id of their own. */
	readonly ids?: ReadonlyMap<string, number> | undefined;
}

/**
 * Tokens besides a model's own, which stand for themselves wherever a prompt has them. As Hugging Face's tokenizers has it:
 * https://github.com/huggingface/tokenizers/blob/3ba8ad0061a885baf052bbb7bbd22857e73e0c4e/tokenizers/src/tokenizer/added_vocabulary.rs
 */
export class AddedVocabulary {
	readonly #base: BaseVocabulary;
	readonly #given: readonly AddedToken[];
	readonly #options: VocabularyOptions;
	readonly #normalize: (text: string) => string;
	/** Whether special tokens in text are no more than text. */
	readonly #splitSpecial: boolean;
	readonly #ids = new Map<string, number>();
	readonly #tokens = new Map<number, AddedToken>();
	/** How a token is written back: as it was normalised, if it ever was. */
	readonly #written = new Map<number, string>();
	readonly #asWritten: Trie;
	readonly #asNormalized: Trie;

	/**
	 * A token that the model has keeps its id; others follow behind. What comes later replaces an earlier one of the same text.
	 * @throws CheckpointError for two tokens that are the same text once it is normalised.
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
					? "added tokens that differ once they are normalised"
					: "added tokens that are no empty text";
				throw new CheckpointError({ what: `tokenizer ${name}`, expected, found });
			}
			patterns.set(text, id);
		}
		this.#asNormalized = new Trie(patterns);
	}

	/**
	 * The same with more tokens, of the ids given, which are looked for in normalised text.
	 * @throws ArgumentError for one that is there already, also as text once it is normalised, or that is no text.
	 */
	with(more: readonly (readonly [token: string, id: number])[]): AddedVocabulary {
		const normalized = new Set([...this.#tokens.values()].map(({ content }) => this.#normalize(content)));
		for (const [token] of more) {
			const text = this.#normalize(token);
			const isEmpty = token.trim() === "" || text.trim() === "" || !token.isWellFormed();
			const isThere = this.idOf(token) !== undefined || normalized.has(text);
			normalized.add(text);
			if (!isEmpty && !isThere) continue;
			const found = isEmpty ? shown(token) : `${shown(token)}, which it has`;
			const expected = `a text that the tokenizer ${this.#options.name} has not yet as a token`;
			throw new ArgumentError({ what: "token", expected, found, next: "Give it another name, such as <my-style>" });
		}
		const tokens = [...this.#given, ...more.map(([content]) => addedToken.parse({ content }))];
		return new AddedVocabulary(this.#base, tokens, this.#normalize, { ...this.#options, ids: new Map(more) });
	}

	/** Of an added token, or of the model's. */
	idOf(token: string): number | undefined {
		return this.#ids.get(token) ?? this.#base.idOf(token);
	}

	/** The added tokens' texts. */
	get texts(): readonly string[] {
		return [...this.#ids.keys()];
	}

	/** How an added token is written back. */
	textOf(id: number): string | undefined {
		return this.#written.get(id) ?? this.#tokens.get(id)?.content;
	}

	/** One more than the largest id of an added token. */
	get end(): number {
		let end = 0;
		for (const id of this.#tokens.keys()) end = Math.max(end, id + 1);
		return end;
	}

	/** A prompt as added tokens and what is between them: first those that are looked for as they are written, then the others. */
	split(prompt: string): Piece[] {
		return this.#find(prompt, this.#asWritten).flatMap((piece) =>
			piece.id === undefined ? this.#find(this.#normalize(piece.text), this.#asNormalized) : piece,
		);
	}

	/** The leftmost, and of those the longest, one after the other. */
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
