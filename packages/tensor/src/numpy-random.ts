import { ArgumentError } from "./errors.ts";
import { MersenneTwister } from "./mersenne-twister.ts";
import { shown } from "./shown.ts";

/**
 * NumPy's legacy generator, `numpy.random.RandomState(seed)`: the same numbers in the same order, bit for bit. `randn` alone may
 * be up to 4 units in the last place (of a float64) away, for NumPy takes its logarithm from each platform's C library.
 */
export class RandomState {
	readonly #twister: MersenneTwister;
	#gauss: number | undefined;

	/**
	 * @param seed an integer from 0 to 2^32 - 1
	 * @throws ArgumentError
	 */
	constructor(seed: number) {
		this.#twister = new MersenneTwister(checkInteger("seed", seed, 0, 2 ** 32 - 1));
	}

	/** `random(n)`: n numbers from [0, 1) of 53 random bits each. */
	random(n: number): Float64Array {
		checkInteger("n", n, 0, 2 ** 32);
		return new Float64Array(n).map(() => this.#double());
	}

	/** `permutation(n)`: the integers 0 to n - 1, shuffled. n at most 2^32. */
	permutation(n: number): Uint32Array {
		checkInteger("n", n, 0, 2 ** 32);
		const items = new Uint32Array(n).map((_, i) => i);
		for (let i = n - 1; i > 0; i--) {
			const j = this.#interval(i);
			const item = items[i]!;
			items[i] = items[j]!;
			items[j] = item;
		}
		return items;
	}

	/**
	 * `choice(n, k, replace=False)`: k different integers from 0 to n - 1. It shuffles all n, so it costs O(n), as NumPy's does.
	 * @throws ArgumentError where k is above n
	 */
	choice(n: number, k: number): Uint32Array {
		checkInteger("n", n, 0, 2 ** 32);
		checkInteger("k", k, 0, n);
		return this.permutation(n).slice(0, k);
	}

	/** `randn(n)`: n numbers from the standard normal distribution, by Marsaglia's polar method; the pair's second waits for the next call. */
	randn(n: number): Float64Array {
		checkInteger("n", n, 0, 2 ** 32);
		return new Float64Array(n).map(() => this.#normal());
	}

	/**
	 * `randint(low, high, n)`: n integers from `low` to `high - 1`, which are at most 2^32 apart.
	 * @throws ArgumentError where there is no such integer
	 */
	randint(low: number, high: number, n: number): Float64Array {
		checkInteger("low", low, -(2 ** 52), 2 ** 52);
		checkInteger("high", high, low + 1, low + 2 ** 32);
		checkInteger("n", n, 0, 2 ** 32);
		return new Float64Array(n).map(() => low + this.#interval(high - 1 - low));
	}

	#double(): number {
		const high = this.#twister.uint32() >>> 5;
		const low = this.#twister.uint32() >>> 6;
		return (high * 2 ** 26 + low) / 2 ** 53;
	}

	/** An integer from 0 to `max`: bits under the smallest mask that covers it, drawn anew while above. */
	#interval(max: number): number {
		if (max === 0) return 0;
		const mask = 0xffffffff >>> Math.clz32(max);
		for (;;) {
			const value = (this.#twister.uint32() & mask) >>> 0;
			if (value <= max) return value;
		}
	}

	#normal(): number {
		const kept = this.#gauss;
		this.#gauss = undefined;
		if (kept !== undefined) return kept;
		for (;;) {
			const x = 2 * this.#double() - 1;
			const y = 2 * this.#double() - 1;
			const square = x * x + y * y;
			if (square >= 1 || square === 0) continue;
			const scale = Math.sqrt((-2 * Math.log(square)) / square);
			this.#gauss = scale * x;
			return scale * y;
		}
	}
}

function checkInteger(what: string, value: number, least: number, most: number): number {
	if (!Number.isInteger(value) || value < least || value > most)
		throw new ArgumentError({ what, expected: `an integer from ${least} to ${most}`, found: shown(value) });
	return value;
}
