import { Bounds } from "./bounds.ts";
import { cosine, type Embeddings } from "./embeddings.ts";
import type { FixedPoint } from "./fixed-point.ts";

/** The first values of D. */
export interface Start {
	/** For each row its value without the intensity, as a dot product in fixed point, to within the margin. */
	readonly screened: Int32Array;
	/** Upper bounds of the values. */
	readonly bounds: Float64Array;
	/** A row's value in float64. */
	exact(row: number): number;
}

/**
 * Repeats `s = arg max D; take s; D = min(D, sign · cos(e_s, E) · P); D_s = −∞`. D is in float64, and the first index wins a tie. It does
 * not evaluate all of D: because D never grows, an older value of a row is an upper bound of its present one. So only the row with the
 * largest bound is updated, and only until its bound is below the second largest. Bounds come from fixed point. A row is taken when its
 * bound is the largest and is its exact D.
 */
export class Greedy {
	readonly #embeddings: Embeddings;
	readonly #weights: Float64Array | undefined;
	readonly #start: Start;
	readonly #sign: 1 | -1;
	readonly #points: FixedPoint;
	readonly #bounds: Bounds;
	readonly picks: number[] = [];
	/** For each row: how many picks its bound includes. */
	readonly #seen: Int32Array;
	/** The smallest dot product of the start and of these picks. */
	readonly #least: Int32Array;
	/** The position of the pick with the smallest similarity; −1 for the start. */
	readonly #nearest: Int32Array;
	/** That similarity in float64 times the row's intensity, which is D if there is no rival. NaN if it is not computed yet. */
	readonly #exact: Float64Array;
	/** A pick that fixed point cannot distinguish from `nearest`; −1 for none. Most of them are replaced before it matters. */
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

	/** Works on the row with the largest bound, for at most one pass over the picks, and takes it if it is the arg max. */
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

	/** Includes further picks in the row's bound, until it is below `enough`. Returns the bound. */
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

	/** Remembers a pick that fixed point cannot distinguish from the nearest. */
	#rivals(row: number, pick: number): void {
		const { twins } = this.#embeddings;
		const nearest = this.#nearest[row]!;
		if (nearest >= 0 && twins[this.picks[nearest]!] === twins[this.picks[pick]!]) return;
		if (this.#rival[row]! >= 0) this.#settle(row);
		this.#rival[row] = pick;
	}

	/** Decides in float64 which pick is the nearest, and computes its similarity. */
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

	/** An upper bound of the row's D. */
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
