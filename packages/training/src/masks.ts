import { sizeOf, type Tensor } from "@drum/tensor";

const TABLE_BITS = 12;

/**
 * Dropout masks: 1 keeps an element, and 0 drops it, with probability `dropout`. A mask only depends on `seed`, `step` and `part`, so a resumed run
 * has the same masks as an uninterrupted one.
 */
export function dropoutMasks(
	shapes: Readonly<Record<string, readonly number[]>>,
	dropout: number,
	...seeds: readonly number[]
): Record<string, Tensor<"bool">> {
	const draw = xoshiro(seeds);
	const gapAt = distances(dropout);
	return Object.fromEntries(
		Object.entries(shapes).map(([name, dims]) => {
			const data = new Uint8Array(sizeOf(dims)).fill(1);
			// The distance between dropped elements is geometric, so it takes one draw for each of them, not for each element.
			for (let i = gapAt(draw()); i < data.length; i += 1 + gapAt(draw())) data[i] = 0;
			return [name, { type: "bool", dims, data }];
		}),
	);
}

/** The number of kept elements before a dropped one, from 32 random bits. The upper bits decide in most cases, and a logarithm takes longer. */
function distances(dropout: number): (bits: number) => number {
	const scale = 1 / Math.log1p(-dropout);
	const exact = (bits: number) => Math.floor(Math.log((bits + 1) * 2 ** -32) * scale);
	const low = 32 - TABLE_BITS;
	const table = Int32Array.from({ length: 2 ** TABLE_BITS }, (_, high) => {
		const [most, least] = [exact(high * 2 ** low), exact((high + 1) * 2 ** low - 1)];
		return most === least ? most : -1;
	});
	return (bits) => {
		const known = table[bits >>> low]!;
		return known < 0 ? exact(bits) : known;
	};
}

/** xoshiro128++ (Blackman and Vigna), seeded through murmur3's mixing; the Mersenne twister takes several times as long. */
function xoshiro(seeds: readonly number[]): () => number {
	let hash = 0x9e3779b9;
	const mixed = () => {
		hash = (hash + 0x9e3779b9) | 0;
		let x = hash;
		x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
		x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
		return x ^ (x >>> 16);
	};
	for (const seed of seeds) {
		hash ^= seed;
		hash = mixed();
	}
	let [a, b, c, d] = [mixed(), mixed(), mixed(), mixed()];
	return () => {
		const sum = (a + d) | 0;
		const result = (((sum << 7) | (sum >>> 25)) + a) >>> 0;
		const t = b << 9;
		c ^= a;
		d ^= b;
		b ^= c;
		a ^= d;
		c ^= t;
		d = (d << 11) | (d >>> 21);
		return result;
	};
}
