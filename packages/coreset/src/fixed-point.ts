import { ERROR, FACTOR, FOUND, HEAD } from "./addresses.ts";
import type { Embeddings } from "./embeddings.ts";
import { type Kernels, openWorkspace, type Workspace } from "./kernels.ts";
import type { Slices } from "./slices.ts";

/** The length of a unit row, chosen so that dot products stay within 32 bits. A cosine of 1 is SCALE². */
const SCALE = 32767;
/** The error of the float32 product before rounding is less than this fraction of a row's length. */
const PRODUCT = 2 ** -22;
/** Rows with a smaller norm are multiplied by LIFT, which is exact, to keep the factor finite. */
const TINY = 2 ** -100;
const LIFT = 2 ** 100;

/**
 * Approximates cosines to within a margin: it rounds unit rows to 16-bit integers, whose dot products are exact. An instruction computes
 * eight products instead of float32's four, memory is half as large, and all machines get the same numbers.
 */
export class FixedPoint {
	readonly #kernels: Kernels;
	readonly #integers: Int16Array;
	readonly #found: Int32Array;
	readonly #error: Float32Array;
	readonly #factor: Float32Array;
	/** One float32 row, padded with zeros. */
	readonly #source: Float32Array;
	/** The length of a packed row in bytes. */
	readonly #bytes: number;
	/** The addresses of the first slot and of the first row. */
	readonly #slots: number;
	readonly #rows: number;
	/** The largest squared distance between a packed vector and SCALE times its direction. */
	#squaredError = 0;

	private constructor(bytes: number, slots: number, { buffer, kernels }: Workspace) {
		this.#kernels = kernels;
		this.#integers = new Int16Array(buffer);
		this.#found = new Int32Array(buffer, FOUND, 1);
		this.#error = new Float32Array(buffer, ERROR, 1);
		this.#factor = new Float32Array(buffer, FACTOR, 1);
		this.#source = new Float32Array(buffer, HEAD, bytes / 2);
		this.#bytes = bytes;
		this.#slots = HEAD + 2 * bytes;
		this.#rows = this.#slots + slots * bytes;
	}

	/** Packs all rows, and reserves room for `slots` more vectors. */
	static async of(
		{ count, width, data, norms }: Embeddings,
		slots: number,
		slices: Slices,
		open: (size: number) => Promise<Workspace> | Workspace = openWorkspace,
	): Promise<FixedPoint> {
		const bytes = Math.ceil(width / 32) * 64;
		const points = new FixedPoint(bytes, slots, await open(HEAD + (2 + slots + count) * bytes));
		for (let row = 0; row < count; row++) {
			points.#pack(data.subarray(row * width, (row + 1) * width), norms[row]!, points.#rows + row * bytes);
			if ((row & 7) === 7 && slices.over) await slices.next();
		}
		return points;
	}

	/** The most by which a dot product differs from SCALE² times the cosine, if both vectors have length SCALE and the largest error. */
	get margin(): number {
		const summed = 1 + (this.#bytes / 2) * 2 ** -24;
		const error = Math.sqrt(this.#squaredError) * summed + SCALE * PRODUCT;
		return Math.ceil(2 * SCALE * error + error * error) + 1;
	}

	/** The largest cosine that can have this dot product. */
	highest(dot: number, margin: number): number {
		return (dot + margin) / (SCALE * SCALE);
	}

	/** The dot product nearest to a cosine. */
	dotOf(cosine: number): number {
		return Math.round(cosine * SCALE * SCALE);
	}

	/** Copies a packed row into a slot, negated if `sign` is −1. */
	placeRow(slot: number, row: number, sign: 1 | -1): void {
		const from = (this.#rows + row * this.#bytes) / 2;
		const to = (this.#slots + slot * this.#bytes) / 2;
		const length = this.#bytes / 2;
		this.#integers.copyWithin(to, from, from + length);
		if (sign < 0) for (let at = to; at < to + length; at++) this.#integers[at] = -this.#integers[at]!;
	}

	/** The first slot in [from, to) whose dot product with the row is below `limit`, which is then in `found`. If there is none, `to`. */
	firstBelow(row: number, from: number, to: number, limit: number): number {
		const bytes = this.#bytes;
		const slots = this.#slots;
		const address = this.#kernels.firstBelow(
			this.#rows + row * bytes,
			slots + from * bytes,
			slots + to * bytes,
			bytes,
			Math.min(limit, 0x7fffffff),
		);
		return (address - slots) / bytes;
	}

	get found(): number {
		return this.#found[0]!;
	}

	#pack(vector: Float32Array, norm: number, address: number): void {
		const lift = norm < TINY ? LIFT : 1;
		this.#source.set(lift === 1 ? vector : vector.map((value) => value * lift));
		this.#factor[0] = SCALE / (norm * lift);
		this.#kernels.pack(HEAD, address, this.#bytes);
		this.#squaredError = Math.max(this.#squaredError, this.#error[0]!);
	}
}
