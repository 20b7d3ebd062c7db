import { float32, RandomState, type Tensor } from "@drum/tensor";

/** Algorithm 1 as printed. D is in float64, and the first index wins a tie. */
export function plainCoreset(
	embeddings: Tensor<"float32">,
	size: number,
	{ probes, intensities }: { probes: ArrayLike<number>; intensities?: ArrayLike<number> | undefined },
): number[] {
	const count = embeddings.dims[0]!;
	const norms = Array.from({ length: count }, (_, i) => Math.sqrt(dot(embeddings, i, i)));
	const similarity = (a: number, i: number) =>
		(dot(embeddings, a, i) / (norms[a]! * norms[i]!)) * (intensities?.[i] ?? 1);
	const start = Array.from({ length: count }, (_, i) => {
		const sum = Array.from(probes, (probe) => similarity(probe, i)).reduce((a, b) => a + b);
		return sum / probes.length;
	});
	return plainGreedy(start, similarity, size);
}

/** Farthest point as in a textbook: it takes the index with the largest distance to the nearest taken one. The first wins a tie. */
export function plainKCenter(embeddings: Tensor<"float32">, size: number, first: number): number[] {
	const count = embeddings.dims[0]!;
	const norms = Array.from({ length: count }, (_, i) => Math.sqrt(dot(embeddings, i, i)));
	const distance = (a: number, i: number) => -dot(embeddings, a, i) / (norms[a]! * norms[i]!);
	const start = Array.from({ length: count }, (_, i) => (i === first ? 2 : 1.5));
	return plainGreedy(start, distance, size);
}

function plainGreedy(start: readonly number[], value: (taken: number, i: number) => number, size: number): number[] {
	const values = [...start];
	const picks: number[] = [];
	while (picks.length < size) {
		const s = values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
		picks.push(s);
		for (let i = 0; i < values.length; i++) values[i] = Math.min(values[i]!, value(s, i));
		values[s] = Number.NEGATIVE_INFINITY;
		for (const pick of picks) values[pick] = Number.NEGATIVE_INFINITY;
	}
	return picks;
}

function dot({ data, dims }: Tensor<"float32">, a: number, b: number): number {
	const width = dims[1]!;
	let sum = 0;
	for (let k = 0; k < width; k++) sum += data[a * width + k]! * data[b * width + k]!;
	return sum;
}

/** Kinds of embeddings that are easy or hard for a sampler. */
export const KINDS = {
	/** Random directions. */
	random: (count, width, random) => random.randn(count * width),
	/** A few dense groups in a cone. */
	clustered: (count, width, random) => {
		const centres = random.randn(5 * width).map((value) => value + 0.7);
		return random
			.randn(count * width)
			.map((noise, at) => centres[(Math.floor(at / width) % 5) * width + (at % width)]! + 0.3 * noise);
	},
	/** Rows that are so similar that their cosines hardly differ in float32. */
	alike: (count, width, random) => {
		const centre = random.randn(width);
		return random.randn(count * width).map((noise, at) => centre[at % width]! + 1e-5 * noise);
	},
	/** Many copies of each row. */
	copies: (count, width, random) => {
		const rows = random.randn(7 * width);
		const chosen = random.randint(0, 7, count);
		return Float64Array.from(
			{ length: count * width },
			(_, at) => rows[chosen[Math.floor(at / width)]! * width + (at % width)]!,
		);
	},
	/** Signs in four columns. Cosines are exact multiples of a quarter, and nearly all of them tie. */
	tied: (count, width, random) => {
		const signs = random.randint(0, 2, count * width);
		return signs.map((sign, at) => (at % width < 4 ? 2 * sign - 1 : 0));
	},
	/** A single 1 in each row. Cosines are 0 or 1. */
	"one-hot": (count, width, random) => {
		const hot = random.randint(0, width, count);
		return Float64Array.from({ length: count * width }, (_, at) =>
			hot[Math.floor(at / width)] === at % width ? 1 : 0,
		);
	},
} satisfies Record<string, (count: number, width: number, random: RandomState) => ArrayLike<number>>;

/** `[count, width]`, always the same for a seed. */
export function madeUp(kind: keyof typeof KINDS, count: number, width: number, seed: number): Tensor<"float32"> {
	return float32(Float32Array.from(KINDS[kind](count, width, new RandomState(seed))), [count, width]);
}

/** Half stars from 0 to 5. The first is 5, so that they are not all 0. */
export function ratings(count: number, seed: number): Float64Array {
	return new RandomState(seed).randint(0, 11, count).map((half, i) => (i === 0 ? 5 : half / 2));
}
