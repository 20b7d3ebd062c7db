import { ArgumentError, shown, sizeOf, TorchGenerator } from "@drum/tensor";

/** One seed for all pictures of a call, which then draw from one generator, or a seed for each. */
export type Seed = number | readonly number[];

/** @throws ArgumentError unless every seed is an integer from 0 to 2^53 − 1, and a list has one for each picture. */
export function checkSeed(seed: Seed, pictures: number): void {
	const list = Array.isArray(seed);
	const seeds: readonly unknown[] = list ? seed : [seed];
	if (list && seeds.length !== pictures) {
		throw new ArgumentError({
			what: "seed",
			expected: `one, or ${pictures} for as many pictures`,
			found: `${seeds.length}`,
		});
	}
	const wrong = seeds.findIndex((each) => !Number.isSafeInteger(each) || (each as number) < 0);
	if (wrong !== -1) {
		const found = shown(seeds[wrong]);
		throw new ArgumentError({ what: "seed", expected: "an integer from 0 to 2^53 − 1", found });
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

	/**
	 * The next noise for pictures of shape `dims` each: `[pictures, …dims]`, flat; or for the `rows` that all pictures share, where they
	 * draw from one generator.
	 */
	draw(dims: readonly number[], rows = this.#pictures): Float32Array {
		const [first] = this.#generators;
		if (this.#generators.length === 1) return first!.randn([rows, ...dims]).data;
		const size = sizeOf(dims);
		const noise = new Float32Array(this.#pictures * size);
		for (const [i, generator] of this.#generators.entries()) noise.set(generator.randn([1, ...dims]).data, i * size);
		return noise;
	}

	/** A seed from each generator, as PyTorch draws one: `torch.randint(0, 2**63 - 1, [])`. */
	entropy(): readonly bigint[] {
		return this.#generators.map((generator) => generator.randint(2n ** 63n - 1n));
	}

	/** The next noise of shape `dims` for what all pictures share, from the first generator. */
	shared(dims: readonly number[]): Float32Array {
		return this.#generators[0]!.randn(dims).data;
	}
}
