import { CheckpointError, shown } from "@drum/tensor";

interface BytePairOptions {
	/** Names the tokenizer in errors. */
	readonly name: string;
	/** The token for characters that are not in the vocabulary. Without it they are left out. */
	readonly unknown?: string | undefined;
	/** Marks a word's last character, such as CLIP's `</w>`. Default `""`. */
	readonly suffix?: string | undefined;
}

/**
 * Byte pair encoding. It marks the last character of a word, and then joins pairs of characters, the pair with the best rank first.
 * https://github.com/huggingface/tokenizers/blob/3ba8ad0061a885baf052bbb7bbd22857e73e0c4e/tokenizers/src/models/bpe/word.rs
 */
export class BytePairs {
	readonly size: number;
	readonly #ids: ReadonlyMap<string, number>;
	/** The rank of a pair, by its left id times 2²⁶ plus its right id. */
	readonly #ranks = new Map<number, number>();
	/** For each rank, the id that the pair is joined to. */
	readonly #joined: number[] = [];
	readonly #unknown: number | undefined;
	readonly #suffix: string;

	/** @throws CheckpointError for a merge with a text that is not in the vocabulary */
	constructor(
		ids: ReadonlyMap<string, number>,
		merges: readonly (readonly [string, string])[],
		{ name, unknown, suffix = "" }: BytePairOptions,
	) {
		this.size = ids.size;
		this.#ids = ids;
		this.#suffix = suffix;
		this.#unknown = unknown === undefined ? undefined : ids.get(unknown);
		for (const [left, right] of merges) {
			const [a, b, joined] = [ids.get(left), ids.get(right), ids.get(left + right)];
			if (a === undefined || b === undefined || joined === undefined) {
				const expected = "merges of texts in its vocabulary";
				throw new CheckpointError({ what: `tokenizer ${name}`, expected, found: shown(`${left} ${right}`) });
			}
			this.#ranks.set(pairOf(a, b), this.#joined.push(joined) - 1);
		}
	}

	idOf(token: string): number | undefined {
		return this.#ids.get(token);
	}

	/** Whether all these characters have ids, also at the end of a word. */
	knows(characters: Iterable<string>): boolean {
		if (this.#unknown !== undefined) return true;
		for (const each of characters) if (!this.#ids.has(each) || !this.#ids.has(each + this.#suffix)) return false;
		return true;
	}

	/** Encodes a word as ids. */
	encode(word: string): number[] {
		const ids: number[] = [];
		for (let i = 0; i < word.length; i++) {
			const id = this.#ids.get(i === word.length - 1 ? word[i] + this.#suffix : word[i]!) ?? this.#unknown;
			if (id !== undefined) ids.push(id);
		}
		return this.#join(ids);
	}

	#join(ids: number[]): number[] {
		const count = ids.length;
		const next = Int32Array.from(ids, (_, i) => i + 1);
		const previous = Int32Array.from(ids, (_, i) => i - 1);
		const queue = new Queue();
		const offer = (at: number) => {
			const rank = next[at]! < count ? this.#ranks.get(pairOf(ids[at]!, ids[next[at]!]!)) : undefined;
			if (rank !== undefined) queue.push(rank * PLACES + at);
		};
		for (let i = 0; i < count; i++) offer(i);
		for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
			const at = top % PLACES;
			const right = next[at]!;
			const rank = ids[at]! >= 0 && right < count ? this.#ranks.get(pairOf(ids[at]!, ids[right]!)) : undefined;
			// Since this pair was offered, one side may have been joined with something else.
			if (rank === undefined || this.#joined[rank] !== this.#joined[Math.floor(top / PLACES)]) continue;
			ids[at] = this.#joined[rank]!;
			ids[right] = -1;
			next[at] = next[right]!;
			if (next[at]! < count) previous[next[at]!] = at;
			if (previous[at]! >= 0) offer(previous[at]!);
			offer(at);
		}
		return ids.filter((id) => id >= 0);
	}
}

/** More than the number of characters in any prompt. */
const PLACES = 2 ** 30;

function pairOf(left: number, right: number): number {
	return left * 2 ** 26 + right;
}

/** A binary heap of numbers, the smallest first. */
class Queue {
	readonly #heap: number[] = [];

	push(value: number): void {
		const heap = this.#heap;
		let at = heap.push(value) - 1;
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (heap[parent]! <= value) break;
			heap[at] = heap[parent]!;
			at = parent;
		}
		heap[at] = value;
	}

	pop(): number | undefined {
		const heap = this.#heap;
		const [top, last] = [heap[0], heap.pop()];
		if (heap.length === 0 || last === undefined) return top;
		let at = 0;
		for (let child = 1; child < heap.length; child = 2 * at + 1) {
			if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
			if (heap[child]! >= last) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = last;
		return top;
	}
}
