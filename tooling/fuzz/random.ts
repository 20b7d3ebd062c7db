/** A stream of numbers in [0, 1), the same for the same seed: mulberry32. */
export class Random {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) >>> 0;
		let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
		bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
		return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
	}

	/** From 0 to below `end`; 0 where nothing is below. */
	below(end: number): number {
		return Math.floor(this.next() * Math.max(end, 1));
	}

	pick<T>(values: readonly T[]): T {
		return values[this.below(values.length)]!;
	}

	chance(share: number): boolean {
		return this.next() < share;
	}
}
