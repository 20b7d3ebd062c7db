const N = 624;
const M = 397;

/**
 * MT19937 (Matsumoto and Nishimura, 1998) seeded by one 32-bit word with Knuth's recurrence, as both NumPy's `RandomState`
 * and PyTorch's CPU generator are.
 */
export class MersenneTwister {
	readonly #state = new Uint32Array(N);
	#next = N;

	/** `seed` from 0 to 2^32 - 1. */
	constructor(seed: number) {
		const state = this.#state;
		state[0] = seed;
		for (let i = 1; i < N; i++) {
			const last = state[i - 1]!;
			state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
		}
	}

	/** The next word, 0 to 2^32 - 1. */
	uint32(): number {
		if (this.#next === N) this.#twist();
		let word = this.#state[this.#next++]!;
		word ^= word >>> 11;
		word ^= (word << 7) & 0x9d2c5680;
		word ^= (word << 15) & 0xefc60000;
		return (word ^ (word >>> 18)) >>> 0;
	}

	#twist(): void {
		const state = this.#state;
		for (let i = 0; i < N; i++) {
			const next = i + 1 < N ? i + 1 : 0;
			const other = i + M < N ? i + M : i + M - N;
			const word = (state[i]! & 0x80000000) | (state[next]! & 0x7fffffff);
			state[i] = state[other]! ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
		}
		this.#next = 0;
	}
}
