/**
 * A heap of rows by their bounds. The top row has the largest bound, and the smallest index of those with an equal bound. A node has four
 * children, which share a cache line, so the heap is half as deep as a binary one.
 */
export class Bounds {
	readonly #rows: Int32Array;
	readonly #keys: Float64Array;
	#size: number;

	/** Contains the rows 0 … `keys.length` − 1. It keeps `keys` and changes it. */
	constructor(keys: Float64Array) {
		this.#keys = keys;
		this.#size = keys.length;
		this.#rows = Int32Array.from(keys, (_, row) => row);
		for (let node = (this.#size - 2) >> 2; node >= 0; node--) this.#sink(node, this.#rows[node]!, keys[node]!);
	}

	get top(): number {
		return this.#rows[0]!;
	}

	/** The second largest bound: that of the top if the top row were removed. −∞ if there is no other row. */
	get second(): number {
		let second = Number.NEGATIVE_INFINITY;
		for (let node = 1; node <= 4 && node < this.#size; node++) second = Math.max(second, this.#keys[node]!);
		return second;
	}

	/** Lowers the bound of the top row, or leaves it equal. */
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
