import { Bounds } from "./bounds.ts";
import { cosine, type Embeddings } from "./embeddings.ts";
import type { FixedPoint } from "./fixed-point.ts";

/** Where D starts. */
export interface Start {
	/** D's first value for a row, before its intensity, as a dot in fixed point to within its margin. */
	screened(row: number): number;
	/** The same in float64. */
	exact(row: number): number;
}

/**
 * `s = arg max D; take it; D = min(D, sign · cos(e_s, E) · P); D_s = −∞` until enough are taken, with D in float64 and the
 * first index on ties, without evaluating all of D. D never grows, so what a row had some picks ago bounds what it has
 * now: only the row with the largest bound is brought up to date, and only until its bound falls under the next one.
 * Bounds come from fixed point; a row is taken when it has the largest and that is its exact D.
 */
export class Greedy {
	readonly #embeddings: Embeddings;
	readonly #weights: ArrayLike<number> | undefined;
	readonly #start: Start;
	readonly #sign: 1 | -1;
	readonly #points: FixedPoint;
	readonly #bounds: Bounds;
	readonly picks: number[] = [];
	/** Per row: how many picks it has seen. */
	readonly #seen: Int32Array;
	/** The least dot of them and of the start. */
	readonly #least: Int32Array;
	/** The pick with the least similarity, by order; −1 for the start. */
	readonly #nearest: Int32Array;
	/** Its similarity in float64; NaN while it is not known. */
	readonly #exact: Float64Array;

	constructor(
		embeddings: Embeddings,
		weights: ArrayLike<number> | undefined,
		start: Start,
		sign: 1 | -1,
		points: FixedPoint,
	) {
		const { count } = embeddings;
		this.#embeddings = embeddings;
		this.#weights = weights;
		this.#start = start;
		this.#sign = sign;
		this.#points = points;
		this.#seen = new Int32Array(count);
		this.#least = Int32Array.from({ length: count }, (_, row) => start.screened(row));
		this.#nearest = new Int32Array(count).fill(-1);
		this.#exact = new Float64Array(count).fill(Number.NaN);
		this.#bounds = new Bounds(Float64Array.from(this.#least, (dot, row) => this.#weighted(row, points.highest(dot))));
	}

	/** A little work on the row with the largest bound; at most one pass over the picks. Takes it if it is the arg max. */
	step(): void {
		const row = this.#bounds.top;
		if (this.#seen[row]! < this.picks.length) {
			this.#bounds.lowerTop(this.#update(row, this.#bounds.second));
		} else if (Number.isNaN(this.#exact[row]!)) {
			this.#exact[row] = this.#similarity(row, this.#nearest[row]!);
			this.#bounds.lowerTop(this.#weighted(row, this.#exact[row]!));
		} else {
			this.#bounds.removeTop();
			this.#points.placeRow(this.picks.length, row, this.#sign);
			this.picks.push(row);
		}
	}

	/** Shows the row the picks that it has not seen, until its bound is below `enough`. Returns its bound. */
	#update(row: number, enough: number): number {
		const points = this.#points;
		const band = 2 * points.margin;
		const count = this.picks.length;
		let seen = this.#seen[row]!;
		let least = this.#least[row]!;
		let bound = this.#bound(row);
		while (seen < count && bound >= enough) {
			const pick = points.firstBelow(row, seen, count, least + band);
			seen = pick + 1;
			if (pick === count) {
				seen = count;
				break;
			}
			const dot = points.found;
			if (dot < least - band) {
				this.#nearest[row] = pick;
				this.#exact[row] = Number.NaN;
			} else {
				this.#settle(row, pick);
			}
			least = Math.min(least, dot);
			this.#least[row] = least;
			bound = this.#bound(row);
		}
		this.#seen[row] = seen;
		return bound;
	}

	/** Fixed point does not tell the pick from the nearest so far: float64 does. */
	#settle(row: number, pick: number): void {
		const nearest = this.#nearest[row]!;
		const { twins } = this.#embeddings;
		if (nearest >= 0 && twins[this.picks[nearest]!] === twins[this.picks[pick]!]) return;
		if (Number.isNaN(this.#exact[row]!)) this.#exact[row] = this.#similarity(row, nearest);
		const similarity = this.#similarity(row, pick);
		if (similarity < this.#exact[row]!) {
			this.#exact[row] = similarity;
			this.#nearest[row] = pick;
		}
	}

	#bound(row: number): number {
		const exact = this.#exact[row]!;
		return this.#weighted(row, Number.isNaN(exact) ? this.#points.highest(this.#least[row]!) : exact);
	}

	#weighted(row: number, similarity: number): number {
		return this.#weights ? similarity * this.#weights[row]! : similarity;
	}

	#similarity(row: number, pick: number): number {
		return pick < 0 ? this.#start.exact(row) : this.#sign * cosine(this.#embeddings, row, this.picks[pick]!);
	}
}
