const [INIT_A, MULT_A] = [0x43b0d7e5, 0x931e8875];
const [INIT_B, MULT_B] = [0x8b51f9dd, 0x58f38ded];
const [MIX_LEFT, MIX_RIGHT] = [0xca01f9dd, 0x4973f715];

export interface SeedSequenceOptions {
	/** Tells apart sequences of one entropy: whole numbers from 0. */
	spawnKey?: readonly number[] | undefined;
	/** Words of its state, at least 4. Default 4. */
	poolSize?: number | undefined;
}

/**
 * NumPy's `SeedSequence(entropy, spawn_key=…, pool_size=…)`: spreads a seed over as many 32-bit words as are asked for.
 * https://github.com/numpy/numpy/blob/v2.4.0/numpy/random/bit_generator.pyx
 */
export class SeedSequence {
	readonly #pool: Uint32Array;

	/** @param entropy a whole number from 0, of any length */
	constructor(entropy: bigint, { spawnKey = [], poolSize = 4 }: SeedSequenceOptions = {}) {
		const own = wordsOf(entropy);
		const zeros = spawnKey.length > 0 ? Array<number>(Math.max(0, poolSize - own.length)).fill(0) : [];
		const words = [...own, ...zeros, ...spawnKey.flatMap((key) => wordsOf(BigInt(key)))];
		let constant = INIT_A;
		const hash = (word: number): number => {
			let value = word ^ constant;
			constant = Math.imul(constant, MULT_A);
			value = Math.imul(value, constant);
			return value ^ (value >>> 16);
		};
		const pool = Uint32Array.from({ length: poolSize }, (_, i) => hash(words[i] ?? 0));
		for (let from = 0; from < poolSize; from++)
			for (let to = 0; to < poolSize; to++) if (to !== from) pool[to] = mix(pool[to]!, hash(pool[from]!));
		for (const word of words.slice(poolSize))
			for (let to = 0; to < poolSize; to++) pool[to] = mix(pool[to]!, hash(word));
		this.#pool = pool;
	}

	/** `generate_state(count)`: the first words of the sequence, the same at each call. */
	generateState(count: number): Uint32Array {
		let constant = INIT_B;
		return Uint32Array.from({ length: count }, (_, i) => {
			let value = this.#pool[i % this.#pool.length]! ^ constant;
			constant = Math.imul(constant, MULT_B);
			value = Math.imul(value, constant);
			return value ^ (value >>> 16);
		});
	}
}

function mix(x: number, y: number): number {
	const value = Math.imul(MIX_LEFT, x) - Math.imul(MIX_RIGHT, y);
	return value ^ (value >>> 16);
}

/** A number's 32-bit words, the lowest first; 0 has one. */
function wordsOf(value: bigint): number[] {
	const words: number[] = [];
	for (let rest = value; rest > 0n || words.length === 0; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
	return words;
}
