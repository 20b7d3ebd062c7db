import { ArgumentError, sizeOf, TorchGenerator } from "@drum/tensor";

/** One seed for all pictures of a call, which then draw from one generator, or a seed for each. */
export type Seed = number | readonly number[];

/** @throws ArgumentError unless every seed is an integer from 0 to 2^53 − 1, and a list has one for each picture. */
export function checkSeed(seed: Seed, pictures: number): void {
	const seeds = typeof seed === "number" ? [seed] : seed;
	if (typeof seed !== "number" && seeds.length !== pictures) {
		throw new ArgumentError({
			what: "seed",
			expected: `one, or ${pictures} for as many pictures`,
			found: `${seeds.length}`,
		});
	}
	const wrong = seeds.find((each) => !Number.isSafeInteger(each) || each < 0);
	if (wrong !== undefined) {
		throw new ArgumentError({ what: "seed", expected: "an integer from 0 to 2^53 − 1", found: String(wrong) });
	}
}

/** Unit Gaussian noise as PyTorch's CPU generator draws it, for a batch of pictures of one shape. */
export class Noise {
	readonly #generators: readonly TorchGenerator[];
	readonly #pictures: number;

	constructor(seed: Seed, pictures: number) {
		this.#generators = (typeof seed === "number" ? [seed] : seed).map((each) => new TorchGenerator(each));
		this.#pictures = pictures;
	}

	/** The next noise for pictures of shape `dims` each: `[pictures, …dims]`, flat. */
	draw(dims: readonly number[]): Float32Array {
		const [first] = this.#generators;
		if (this.#generators.length === 1) return first!.randn([this.#pictures, ...dims]).data;
		const size = sizeOf(dims);
		const noise = new Float32Array(this.#pictures * size);
		for (const [i, generator] of this.#generators.entries()) noise.set(generator.randn([1, ...dims]).data, i * size);
		return noise;
	}
}
