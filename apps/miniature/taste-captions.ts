import { clipSimilarities } from "@drum/eval";
import { float32, type Tensor, type TextEncoder } from "@drum/tensor";
import { captions, type Taste, type Told, VALUES } from "@drum/tiny";

/** Wordings of each caption, over whose features the mean is taken. */
const WORDINGS = 8;

/**
 * Tells whether a picture shows a taste, by CLIP without training: of captions that say what the prompt said and each a value of
 * the taste's attribute ("a blue star", "a red star", ...), the nearest to the picture must be the taste's.
 */
export class TasteCaptions {
	readonly #features: Tensor<"float32">;
	readonly #wanted: number;

	private constructor(features: Tensor<"float32">, wanted: number) {
		this.#features = features;
		this.#wanted = wanted;
	}

	/** @param told what the prompt said, without the taste */
	static async of(text: TextEncoder, told: Told, taste: Taste): Promise<TasteCaptions> {
		const { attribute } = taste;
		const values: readonly string[] = VALUES[attribute];
		const prompts = values.flatMap((value) =>
			Array.from({ length: WORDINGS }, (_, seed) => captions(seed).describe({ ...told, [attribute]: value })),
		);
		const { features } = await text.encode(prompts);
		return new TasteCaptions(meanDirections(features!), values.indexOf(taste.value));
	}

	/** For each picture, by its CLIP feature `[pictures, width]`. */
	shownBy(pictures: Tensor<"float32">): boolean[] {
		return this.valuesOf(pictures).map((value) => value === this.#wanted);
	}

	/** Which value of the attribute each picture shows, as its place in `VALUES`. */
	valuesOf(pictures: Tensor<"float32">): number[] {
		return clipSimilarities(pictures, this.#features).map((row) => row.indexOf(Math.max(...row)));
	}
}

/** `[values · WORDINGS, width]` → `[values, width]`: the mean of the wordings' directions. */
function meanDirections({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	const [rows, width] = dims as [number, number];
	const means = new Float32Array((rows / WORDINGS) * width);
	for (let row = 0; row < rows; row++) {
		const feature = data.subarray(row * width, (row + 1) * width);
		const length = Math.hypot(...feature);
		const at = Math.floor(row / WORDINGS) * width;
		for (const [i, value] of feature.entries()) means[at + i]! += value / length / WORDINGS;
	}
	return float32(means, [rows / WORDINGS, width]);
}
