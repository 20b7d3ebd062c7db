import { Trie } from "@drum/tokens";

/** Pieces, each with its log probability, by id. */
export type Pieces = readonly (readonly [piece: string, score: number])[];

/** The score of an unknown character, below that of the least likely piece. */
const UNKNOWN_PENALTY = 10;

/**
 * A unigram model: splits a word into the pieces with the largest product of probabilities (Viterbi's path).
 * https://github.com/huggingface/tokenizers/blob/3ba8ad0061a885baf052bbb7bbd22857e73e0c4e/tokenizers/src/models/unigram/model.rs
 */
export class Unigram {
	readonly size: number;
	readonly #pieces: Pieces;
	readonly #ids: ReadonlyMap<string, number>;
	readonly #trie: Trie;
	readonly #unknown: number;
	readonly #unknownScore: number;

	constructor(pieces: Pieces, unknown: number) {
		this.size = pieces.length;
		this.#pieces = pieces;
		this.#ids = new Map(pieces.map(([piece], id) => [piece, id]));
		this.#trie = new Trie(this.#ids);
		this.#unknown = unknown;
		this.#unknownScore = pieces.reduce((least, [, score]) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
	}

	idOf(piece: string): number | undefined {
		return this.#ids.get(piece);
	}

	textOf(id: number): string | undefined {
		return this.#pieces[id]?.[0];
	}

	/** The ids of a word. Consecutive unknown characters become one id. */
	encode(word: string): number[] {
		/** For the best path to each position: its score, where its last piece begins, and that piece. */
		const scores = new Float64Array(word.length + 1);
		const starts = new Int32Array(word.length + 1).fill(-1);
		const ids = new Int32Array(word.length + 1);
		const offer = (from: number, end: number, id: number, score: number) => {
			const sum = score + scores[from]!;
			if (starts[end] !== -1 && sum <= scores[end]!) return;
			scores[end] = sum;
			starts[end] = from;
			ids[end] = id;
		};
		for (let from = 0; from < word.length; ) {
			const next = from + (word.codePointAt(from)! > 0xffff ? 2 : 1);
			let isKnown = false;
			this.#trie.each(word, from, (end, id) => {
				offer(from, end, id, this.#pieces[id]![1]);
				isKnown ||= end === next;
			});
			if (!isKnown) offer(from, next, this.#unknown, this.#unknownScore);
			from = next;
		}
		const path: number[] = [];
		for (let end = word.length; end > 0; end = starts[end]!) {
			const id = ids[end]!;
			if (id !== this.#unknown || path.at(-1) !== id) path.push(id);
		}
		return path.reverse();
	}
}
