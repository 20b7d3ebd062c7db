import { Bounds } from "./bounds.ts";
import { cosine, type Embeddings } from "./embeddings.ts";
import type { FixedPoint } from "./fixed-point.ts";

/** Where D starts. */
export interface Start {
	/** For each row D's first value before its intensity, as a dot in fixed point to within its margin. */
	readonly screened: Int32Array;
	/** Upper bounds of D's first values. */
	readonly bounds: Float64Array;
	/** D's first value in float64. */
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
	readonly #weights: Float64Array | undefined;
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
	/** Its similarity in float64, times the row's intensity: D, while there is no rival; NaN while it is not known. */
	readonly #exact: Float64Array;
	/** A pick that fixed point does not tell from the nearest; −1 for none. Most are overtaken before it matters. */
	readonly #rival: Int32Array;
	readonly #margin: number;

	constructor(
		embeddings: Embeddings,
		weights: Float64Array | undefined,
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
		this.#margin = points.margin;
		this.#seen = new Int32Array(count);
		this.#least = start.screened;
		this.#nearest = new Int32Array(count).fill(-1);
		this.#exact = new Float64Array(count).fill(Number.NaN);
		this.#rival = new Int32Array(count).fill(-1);
		this.#bounds = new Bounds(start.bounds.slice());
	}

	/** A little work on the row with the largest bound; at most one pass over the picks. Takes it if it is the arg max. */
	step(): void {
		const row = this.#bounds.top;
		if (this.#seen[row]! < this.picks.length) {
			this.#bounds.lowerTop(this.#update(row, this.#bounds.second));
		} else if (Number.isNaN(this.#exact[row]!) || this.#rival[row]! >= 0) {
			this.#settle(row);
			this.#bounds.lowerTop(this.#bound(row));
		} else {
			this.#bounds.removeTop();
			this.#points.placeRow(this.picks.length, row, this.#sign);
			this.picks.push(row);
		}
	}

	/** Shows the row the picks that it has not seen, until its bound is below `enough`. Returns its bound. */
	#update(row: number, enough: number): number {
		const count = this.picks.length;
		const band = 2 * this.#margin;
		let bound: number;
		do {
			const least = this.#least[row]!;
			const pick = this.#points.firstBelow(row, this.#seen[row]!, count, least + band);
			this.#seen[row] = Math.min(pick + 1, count);
			if (pick < count) {
				const dot = this.#points.found;
				if (dot < least - band) {
					this.#nearest[row] = pick;
					this.#exact[row] = Number.NaN;
					this.#rival[row] = -1;
				} else {
					this.#rivals(row, pick);
				}
				this.#least[row] = Math.min(least, dot);
			}
			bound = this.#bound(row);
		} while (this.#seen[row]! < count && bound >= enough);
		return bound;
	}

	/** Notes a pick that fixed point does not tell from the nearest. */
	#rivals(row: number, pick: number): void {
		const { twins } = this.#embeddings;
		const nearest = this.#nearest[row]!;
		if (nearest >= 0 && twins[this.picks[nearest]!] === twins[this.picks[pick]!]) return;
		if (this.#rival[row]! >= 0) this.#settle(row);
		this.#rival[row] = pick;
	}

	/** Finds the nearest and its similarity in float64. */
	#settle(row: number): void {
		if (Number.isNaN(this.#exact[row]!)) this.#exact[row] = this.#similarity(row, this.#nearest[row]!);
		const rival = this.#rival[row]!;
		if (rival < 0) return;
		const similarity = this.#similarity(row, rival);
		if (similarity < this.#exact[row]!) {
			this.#exact[row] = similarity;
			this.#nearest[row] = rival;
		}
		this.#rival[row] = -1;
	}

	/** No D of this row is above it. */
	#bound(row: number): number {
		const exact = this.#exact[row]!;
		if (!Number.isNaN(exact)) return exact;
		if (this.#nearest[row]! < 0) return this.#start.bounds[row]!;
		return this.#points.highest(this.#least[row]!, this.#margin) * this.#weight(row);
	}

	#similarity(row: number, pick: number): number {
		if (pick < 0) return this.#start.exact(row);
		return this.#sign * cosine(this.#embeddings, row, this.picks[pick]!) * this.#weight(row);
	}

	#weight(row: number): number {
		return this.#weights ? this.#weights[row]! : 1;
	}
}
