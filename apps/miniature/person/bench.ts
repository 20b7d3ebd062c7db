import { clipSimilarities } from "@drum/eval";
import type { RunModels } from "@drum/eval-runs";
import type { GenerateOptions, Profile } from "@drum/pipelines-sd";
import { float32, type Tensor } from "@drum/tensor";

/** Whom pictures are scored against, as the paper scores them: prompts that they were drawn for, and a history with its intensities. */
export interface Scored {
	readonly targets: readonly string[];
	readonly history: readonly { readonly prompt: string; readonly intensity: number }[];
}

/** CLIP scores of pictures, and the share of them that a test is true of, 0 to 1. */
export interface Score {
	readonly target: number;
	readonly history: number;
	readonly shown: number;
}

/** Pictures' CLIP features `[pictures, width]`, all of the first target, then of the next. */
type Features = Tensor<"float32">;

/** Draws small pictures and looks at them. */
export class Bench {
	readonly models: RunModels;
	readonly #steps: number;
	readonly #onPicture: (count: number) => void;

	constructor(models: RunModels, steps: number, onPicture: (count: number) => void) {
		this.models = models;
		this.#steps = steps;
		this.#onPicture = onPicture;
	}

	/** The features of `each` pictures of each prompt, of one seed. */
	async draw(
		prompts: readonly string[],
		{
			seed,
			each,
			...own
		}: { seed: number; each: number; profile?: Profile; alpha?: number; negativeAlpha?: number } & GenerateOptions,
	): Promise<Features> {
		const { drum, scorer } = this.models;
		const small = { height: 64, width: 64, guidanceScale: 4, numInferenceSteps: this.#steps };
		const { images } = await drum.generate(prompts, { ...small, ...own, seed, numImagesPerPrompt: each });
		this.#onPicture(images.length);
		return scorer.images.encode(images);
	}

	/** @param isShown of a target's pictures, by its place */
	async score(
		pictures: Features,
		{ targets, history }: Scored,
		isShown: (target: number, pictures: Features) => readonly boolean[],
	): Promise<Score> {
		const { text } = this.models;
		const own = (await text.encode(targets)).features!;
		const all = (await text.encode(history.map(({ prompt }) => prompt))).features!;
		const intensities = history.map(({ intensity }) => intensity);
		const each = pictures.dims[0]! / targets.length;
		const parts = targets.map((_, i) => rowsOf(pictures, i * each, each));
		return {
			target: mean(parts.flatMap((part, i) => clipSimilarities(part, rowsOf(own, i, 1)).flat())),
			history: mean(clipSimilarities(pictures, all, intensities).flat()),
			shown: mean(parts.flatMap((part, i) => isShown(i, part)).map(Number)),
		};
	}
}

export function rowsOf({ data, dims }: Features, from: number, count: number): Features {
	const width = dims[1]!;
	return float32(data.subarray(from * width, (from + count) * width), [count, width]);
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
