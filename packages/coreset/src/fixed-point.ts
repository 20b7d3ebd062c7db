import type { Embeddings } from "./embeddings.ts";
import { openWorkspace, type Workspace } from "./kernel.ts";
import type { Slices } from "./slices.ts";

/** A cosine of 1 is SCALE²; a dot of 16-bit unit rows stays within 32 bits. */
const SCALE = 32767;
/** Bytes at the start of the buffer that are the kernel's. */
const HEAD = 64;

/**
 * Cosines known to within a bound: unit rows rounded to 16-bit integers, whose dots are exact. Eight products an
 * instruction instead of four, half of float32's memory, and the same numbers on every machine.
 */
export class FixedPoint {
	/** A dot differs from the cosine times SCALE² by at most this: each row is off by at most ½·√width, the other has length SCALE. */
	readonly margin: number;
	readonly #workspace: Workspace;
	readonly #values: Int16Array;
	readonly #found: Int32Array;
	/** Bytes of a row: its width padded with zeros. */
	readonly #bytes: number;
	/** Where the rows start, after `slots` picks. */
	readonly #rows: number;

	private constructor(width: number, slots: number, bytes: number, workspace: Workspace) {
		this.#workspace = workspace;
		this.#values = new Int16Array(workspace.buffer);
		this.#found = new Int32Array(workspace.buffer, 0, 1);
		this.#bytes = bytes;
		this.#rows = HEAD + slots * bytes;
		this.margin = Math.ceil(Math.sqrt(width) * SCALE + width / 4) + 2;
	}

	/** Room for all rows, and for `slots` picks of them. */
	static async of(
		embeddings: Embeddings,
		slots: number,
		slices: Slices,
		open: (size: number) => Promise<Workspace> | Workspace = openWorkspace,
	): Promise<FixedPoint> {
		const { count, width, data, norms } = embeddings;
		const bytes = Math.ceil(width / 32) * 64;
		const all = new FixedPoint(width, slots, bytes, await open(HEAD + (slots + count) * bytes));
		for (let row = 0; row < count; row++) {
			all.#write(all.#rows + row * bytes, data.subarray(row * width, (row + 1) * width), 1 / norms[row]!);
			if ((row & 63) === 63 && slices.over) await slices.next();
		}
		return all;
	}

	/** Puts a vector of length at most 1 into a slot. */
	place(slot: number, vector: Float64Array): void {
		this.#write(HEAD + slot * this.#bytes, vector, 1);
	}

	/** Puts a row into a slot, negated if `sign` is −1. */
	placeRow(slot: number, row: number, sign: 1 | -1): void {
		const [from, to, length] = [(this.#rows + row * this.#bytes) / 2, (HEAD + slot * this.#bytes) / 2, this.#bytes / 2];
		for (let k = 0; k < length; k++) this.#values[to + k] = sign * this.#values[from + k]!;
	}

	/** First slot in [from, to) whose dot with the row is below `limit`, or `to`. `found` is then that dot. */
	firstBelow(row: number, from: number, to: number, limit: number): number {
		const bytes = this.#bytes;
		const address = this.#workspace.kernel(
			this.#rows + row * bytes,
			HEAD + from * bytes,
			HEAD + to * bytes,
			bytes,
			Math.min(limit, 0x7fffffff),
		);
		return (address - HEAD) / bytes;
	}

	get found(): number {
		return this.#found[0]!;
	}

	/** The largest cosine that a dot can stand for. */
	highest(dot: number): number {
		return (dot + this.margin) / (SCALE * SCALE);
	}

	#write(address: number, vector: Float32Array | Float64Array, scale: number): void {
		const values = this.#values;
		const factor = scale * SCALE;
		for (let k = 0, at = address / 2; k < vector.length; k++, at++) values[at] = Math.round(vector[k]! * factor);
	}
}
