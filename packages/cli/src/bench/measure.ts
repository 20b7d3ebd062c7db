import type { DiffusionPipeline, GenerateOptions } from "@drum/pipeline";

/** A checkpoint in one dtype, measured in a process of its own. Seconds. */
export interface Measurement {
	/** What the first picture takes longer than the next: opening, reading weights, making sessions, first runs. */
	loadSeconds: number;
	/** The text encoders, of the prompt and of the negative prompt. */
	conditionSeconds: number;
	/** The median; with guidance where the model has it. */
	stepSeconds: number;
	decodeSeconds: number;
	/** Of `steps` steps, once all is loaded: the sum of its parts. Of `images` at once, the share of each. */
	pictureSeconds: number;
	picturesPerHour: number;
	/** Of each thread that runs at once. */
	picturesPerHourAndThread: number;
	/** Weights that are mapped from their file count. */
	peakMemoryBytes: number;
	/** Whether one model was in memory at a time: then `conditionSeconds` and `decodeSeconds` hold its loading. */
	offload: boolean;
	/** Pictures drawn at once: the other seconds are of all of them together. */
	images: number;
	steps: number;
	height: number;
	width: number;
}

export interface MeasureOptions extends Pick<GenerateOptions, "height" | "width"> {
	/** Of a picture. Default: the model's. */
	steps: number | undefined;
	/** Drawn at once. */
	images: number;
	/** That run at once. */
	threads: number;
	signal: AbortSignal;
	onStep: (done: number, total: number) => void;
}

/** Any other takes as long. */
const PROMPT = "a lighthouse on a cliff at dusk, oil painting";
/** Of the first picture, which loads what the second needs; a scheduler may want two. */
const WARM_UP = 2;
const MEASURED = 5;

/** Draws two pictures of few steps: the first loads, the second is timed part by part. */
export async function measure(
	open: () => Promise<DiffusionPipeline>,
	{ steps: asked, images: count, height, width, threads, signal, onStep }: MeasureOptions,
): Promise<Measurement> {
	const start = performance.now();
	await using pipeline = await open();
	const steps = asked ?? pipeline.model.defaults.numInferenceSteps;
	const measured = Math.max(WARM_UP, Math.min(MEASURED, steps));
	const draw = async (numInferenceSteps: number, before: number) => {
		const times: Record<string, number[]> = {};
		const { images } = await pipeline.generate(PROMPT, {
			...{ height, width, numInferenceSteps, numImagesPerPrompt: count, seed: 0, signal },
			onProgress: (progress) => {
				const { station } = progress;
				times[station] = [...(times[station] ?? []), performance.now()];
				if (progress.station === "denoised") onStep(before + progress.done, WARM_UP + measured);
			},
		});
		return { times, image: images[0]! };
	};
	await draw(WARM_UP, 0);
	const first = performance.now() - start;
	const { times, image } = await draw(measured, WARM_UP);
	const [conditionSeconds, decodeSeconds] = [between(times.condition!), between(times.image!)];
	// The first step follows the condition; some samplers call the denoiser twice.
	const calls = times.denoised!.map((time, i, all) => (time - (all[i - 1] ?? times.condition![1]!)) / 1000);
	const stepSeconds = (median(calls) * calls.length) / measured;
	const parts = (steps: number) => conditionSeconds + steps * stepSeconds + decodeSeconds;
	const pictureSeconds = parts(steps) / count;
	return {
		loadSeconds: Math.max(0, first / 1000 - parts(WARM_UP)),
		conditionSeconds,
		stepSeconds,
		decodeSeconds,
		pictureSeconds,
		picturesPerHour: 3600 / pictureSeconds,
		picturesPerHourAndThread: 3600 / pictureSeconds / threads,
		// Kilobytes on every system.
		peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
		offload: pipeline.offload,
		...{ images: count, steps, height: image.height, width: image.width },
	};
}

function between([from = 0, to = 0]: readonly number[]): number {
	return (to - from) / 1000;
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
