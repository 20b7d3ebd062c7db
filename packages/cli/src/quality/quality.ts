import type { DiffusionPipeline, GenerateOptions, PipelineOptions } from "@drum/pipeline";
import { LayerSums, type QualityLayer } from "./layer-sums.ts";

/** What `drum quality` found. */
export interface QualityReport {
	checkpoint: string;
	dtype: string;
	prompt: string;
	steps: number;
	height: number;
	width: number;
	/**
	 * The first step's prediction in `dtype`, given the same inputs: the size of all differences from the weights as they are stored, in
	 * that of the prediction.
	 */
	stepError: number;
	/** Of the picture to the one with the weights as they are stored, in decibels; null where they are equal. */
	psnr: number | null;
	/** Layers with quantised weights, the worst first. */
	layers: QualityLayer[];
}

type Opening = Pick<PipelineOptions, "dtype" | "onLayerErrors">;

export interface QualityOptions extends Pick<GenerateOptions, "height" | "width"> {
	checkpoint: string;
	dtype: NonNullable<Extract<PipelineOptions["dtype"], string>>;
	prompt: string;
	/** Default: the model's. */
	steps: number | undefined;
	signal: AbortSignal;
	onStep: (done: number, total: number) => void;
}

/**
 * Draws one picture twice: with the weights as they are stored, where each layer is also computed in `dtype` with the same inputs, and
 * in `dtype` throughout.
 */
export async function quality(
	open: (opening: Opening) => Promise<DiffusionPipeline>,
	options: QualityOptions,
): Promise<QualityReport> {
	const { checkpoint, dtype, prompt } = options;
	const sums = new LayerSums();
	const stored = await drawn(
		await open({ dtype, onLayerErrors: (part, errors) => sums.add(part, errors) }),
		options,
		0,
	);
	const pipeline = await open({ dtype });
	const { feeds, predicted: expected } = stored.first;
	const repeat = async () => (await pipeline.denoiser.predict(feeds, { signal: options.signal })).data;
	const { image, steps, again } = await drawn(pipeline, options, 1, repeat);
	return {
		...{ checkpoint, dtype, prompt, steps, height: image.height, width: image.width },
		stepError: relative(again!, expected.data),
		psnr: decibels(image.data, stored.image.data),
		layers: sums.worstFirst(),
	};
}

/** A picture, and what the denoiser was first given and gave; `then` is run before the pipeline is freed. */
async function drawn<T>(
	opened: DiffusionPipeline,
	{ prompt, steps: asked, height, width, signal, onStep }: QualityOptions,
	before: 0 | 1,
	then?: () => Promise<T>,
) {
	await using pipeline = opened;
	const steps = asked ?? pipeline.model.defaults.numInferenceSteps;
	const first = recordFirst(pipeline.denoiser);
	const { images } = await pipeline.generate(prompt, {
		...{ height, width, numInferenceSteps: steps, seed: 0, signal },
		onProgress: (progress) => {
			if (progress.station === "denoised") onStep(before * steps + progress.done, 2 * steps);
		},
	});
	return { image: images[0]!, steps, first: first()!, again: await then?.() };
}

type Denoiser = DiffusionPipeline["denoiser"];

/** What the denoiser's first call takes and gives, once there was one. */
function recordFirst(denoiser: Denoiser) {
	const predict = denoiser.predict.bind(denoiser);
	let found: { feeds: Parameters<typeof predict>[0]; predicted: Awaited<ReturnType<typeof predict>> } | undefined;
	denoiser.predict = async (feeds, options) => {
		// Samplers may go on in the same memory.
		const held = found ? undefined : structuredClone(feeds);
		const predicted = await predict(feeds, options);
		if (held) found ??= { feeds: held, predicted: structuredClone(predicted) };
		return predicted;
	};
	return () => found;
}

function relative(found: Float32Array, expected: Float32Array): number {
	let [differences, results] = [0, 0];
	for (const [i, value] of expected.entries()) {
		differences += (found[i]! - value) ** 2;
		results += value ** 2;
	}
	return results === 0 ? 0 : Math.sqrt(differences / results);
}

function decibels(found: ArrayLike<number>, expected: ArrayLike<number>): number | null {
	let squares = 0;
	for (let i = 0; i < expected.length; i++) squares += (found[i]! - expected[i]!) ** 2;
	return squares === 0 ? null : 10 * Math.log10((255 ** 2 * expected.length) / squares);
}
