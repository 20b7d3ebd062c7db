import { classifierFreeGuidance, type Denoiser, rescaleGuidance } from "@drum/diffusion";
import { float32, type Tensor } from "@drum/tensor";
import { type ConditionPair, stacked } from "./conditions.ts";
import type { Run } from "./plan-run.ts";

/** The denoiser with guidance: each picture goes through it under the negative condition too, where there is one. */
export function predictor(denoiser: Denoiser, run: Run, pair: ConditionPair, signal: AbortSignal | undefined) {
	const { pictures, latentDims, guidance, guidanceRescale, distilledGuidance } = run;
	const { promptEmbeds, pooledPromptEmbeds } = stacked(pair);
	const conditions = {
		encoderHiddenStates: promptEmbeds,
		pooledProjections: pooledPromptEmbeds,
		timeIds: timeIdRows(run, pair.negative !== undefined),
		guidance: distilledGuidance,
	};
	return async (sample: Float32Array, timestep: number): Promise<Float32Array> => {
		const feeds = { sample: float32(sample, [pictures, ...latentDims]), timestep, ...conditions };
		const { data } = await denoiser.predict(feeds, { signal });
		if (guidance === undefined) return data;
		const guided = classifierFreeGuidance(data, guidance);
		if (guidanceRescale === 0) return guided;
		return rescaleGuidance(guided, data.subarray(guided.length), guidanceRescale, pictures);
	};
}

/** A row for each picture and condition. */
function timeIdRows({ timeIds, pictures }: Run, guided: boolean): Tensor<"float32"> | undefined {
	if (!timeIds) return undefined;
	const { positive, negative } = timeIds;
	const conditions = guided ? [negative, positive] : [positive];
	const rows = conditions.flatMap((row) => Array.from({ length: pictures }, () => row));
	return float32(Float32Array.from(rows.flat()), [rows.length, 6]);
}
