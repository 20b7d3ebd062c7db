/**
 * A heap of rows by their bounds: the top has the largest, and of equal ones the first row. Four children a node: half
 * the depth of a binary heap, and they share a cache line.
 */
export class Bounds {
	readonly #rows: Int32Array;
	readonly #keys: Float64Array;
	#size: number;

	/** All rows 0 … `keys.length` − 1. Takes `keys` over. */
	constructor(keys: Float64Array) {
		this.#keys = keys;
		this.#size = keys.length;
		this.#rows = Int32Array.from(keys, (_, row) => row);
		for (let node = (this.#size - 2) >> 2; node >= 0; node--) this.#sink(node, this.#rows[node]!, keys[node]!);
	}

	get top(): number {
		return this.#rows[0]!;
	}

	/** The bound of the row that would be on top without the top: −∞ when there is none. */
	get second(): number {
		let second = Number.NEGATIVE_INFINITY;
		for (let node = 1; node <= 4 && node < this.#size; node++) second = Math.max(second, this.#keys[node]!);
		return second;
	}

	/** Gives the top a bound that is not above the one it has. */
	lowerTop(key: number): void {
		this.#sink(0, this.#rows[0]!, key);
	}

	removeTop(): void {
		this.#size--;
		if (this.#size > 0) this.#sink(0, this.#rows[this.#size]!, this.#keys[this.#size]!);
	}

	#sink(node: number, row: number, key: number): void {
		const [rows, keys, size] = [this.#rows, this.#keys, this.#size];
		for (;;) {
			const first = 4 * node + 1;
			let best = -1;
			let bestKey = key;
			let bestRow = row;
			for (let child = first, end = Math.min(first + 4, size); child < end; child++) {
				const childKey = keys[child]!;
				if (childKey > bestKey || (childKey === bestKey && rows[child]! < bestRow)) {
					best = child;
					bestKey = childKey;
					bestRow = rows[child]!;
				}
			}
			if (best < 0) break;
			keys[node] = bestKey;
			rows[node] = bestRow;
			node = best;
		}
		keys[node] = key;
		rows[node] = row;
	}
}
