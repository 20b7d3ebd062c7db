import {
	classifierFreeGuidance,
	type DenoiserFeeds,
	type Noise,
	rescaleGuidance,
	type Scheduler,
	skipLayerGuidance,
} from "@drum/diffusion";
import { float32, type Tensor } from "@drum/tensor";
import { type ConditionPair, stacked } from "./conditions.ts";
import type { LayerSkip } from "./layer-skip.ts";
import type { Run } from "./plan-run.ts";
import type { Start } from "./start/start.ts";
import type { TimeIds } from "./time-ids.ts";

/** The denoiser's prediction in call `i` of the schedule, from 0: `Denoiser.predict`, or a method's replacement. */
export type Predict = (feeds: DenoiserFeeds, i: number) => Promise<Tensor<"float32">>;

/** The parts of a run for a method that changes how it predicts. */
export interface RunParts {
	scheduler: Scheduler;
	/** The noise of the run's seed, after the first latents were drawn. */
	noise: Noise;
	/** Shape of one picture's latents: `[channels, height, width]`. */
	latentDims: readonly [channels: number, height: number, width: number];
}

/**
 * The denoiser with guidance, for a schedule with this number of calls. If there is a negative condition and the call is in the guided part, the
 * denoiser also predicts each picture with the negative condition.
 */
export function predictor(predict: Predict, run: Run, pair: ConditionPair, calls: number, { maskChannels }: Start) {
	const { pictures, guidance, guidanceRescale, guidedPart, layerSkip } = run;
	const [first, end] = guidedPart.map((part) => Math.floor(part * calls)) as [number, number];
	const guided = conditionFeeds(run, pair);
	const plain = conditionFeeds(run, { positive: pair.positive, negative: undefined });
	return async (sample: Float32Array, timestep: number, i: number): Promise<Float32Array> => {
		const skips = (skip: boolean) => layerSkip && { layers: layerSkip.layers, skip };
		const feeds = { sample: sampleOf(sample, maskChannels, run), timestep, layerSkip: skips(false) };
		const isGuided = guidance !== undefined && i >= first && i < end;
		const parts: Float32Array[] = [];
		for (const each of isGuided ? guided : plain) parts.push((await predict({ ...feeds, ...each }, i)).data);
		const data = joined(parts);
		if (!isGuided) return data;
		const weighed = classifierFreeGuidance(data, guidance);
		const conditioned = data.subarray(weighed.length);
		const without =
			isWithin(layerSkip, i) && (await predict({ ...feeds, ...plain[0]!, layerSkip: skips(true) }, i)).data;
		const sum = without ? skipLayerGuidance(weighed, conditioned, without, layerSkip!.scale) : weighed;
		if (guidanceRescale === 0) return sum;
		return rescaleGuidance(sum, conditioned, guidanceRescale, pictures);
	};
}

function isWithin(layerSkip: LayerSkip | undefined, i: number): boolean {
	return layerSkip !== undefined && i > layerSkip.between[0] && i < layerSkip.between[1];
}

/** The latents of each picture, followed by the other channels that an inpainting denoiser takes. */
function sampleOf(latents: Float32Array, beside: Float32Array | undefined, { pictures, latentDims }: Run) {
	if (!beside) return float32(latents, [pictures, ...latentDims]);
	const [own, more] = [latents.length / pictures, beside.length / pictures];
	const data = new Float32Array(pictures * (own + more));
	for (let i = 0; i < pictures; i++) {
		data.set(latents.subarray(i * own, (i + 1) * own), i * (own + more));
		data.set(beside.subarray(i * more, (i + 1) * more), i * (own + more) + own);
	}
	const [, height, width] = latentDims;
	return float32(data, [pictures, data.length / (pictures * height * width), height, width]);
}

/** The inputs that are the same in each step. */
function conditionFeeds(run: Run, pair: Pick<ConditionPair, "positive" | "negative">) {
	const sides = pair.negative ? (["negative", "positive"] as const) : (["positive"] as const);
	return stacked(pair).map(({ promptEmbeds, pooledPromptEmbeds }, i, { length }) => ({
		encoderHiddenStates: promptEmbeds,
		pooledProjections: pooledPromptEmbeds,
		timeIds: timeIdRows(run, length === sides.length ? [sides[i]!] : sides),
		guidance: run.distilledGuidance,
		loras: run.loras.denoiser,
	}));
}

function joined(parts: readonly Float32Array[]): Float32Array {
	const [first, second] = parts;
	if (!second) return first!;
	const data = new Float32Array(first!.length + second.length);
	data.set(first!);
	data.set(second, first!.length);
	return data;
}

/** A row for each picture and condition. */
function timeIdRows({ timeIds, pictures }: Run, sides: readonly (keyof TimeIds)[]): Tensor<"float32"> | undefined {
	if (!timeIds) return undefined;
	const rows = sides.flatMap((side) => Array.from({ length: pictures }, () => timeIds[side]));
	return float32(Float32Array.from(rows.flat()), [rows.length, 6]);
}
