import { type Condition, composePlain } from "@drum/peca";
import { float32, type Tensor } from "@drum/tensor";
import type { DiffusionPipeline } from "./diffusion-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";

/** Conditions for each picture: of the prompt, and with guidance also of the negative prompt. */
export interface ConditionPair {
	positive: Condition;
	negative: Condition | undefined;
}

export async function conditionPair(
	pipeline: DiffusionPipeline,
	run: Run,
	options: GenerateOptions,
): Promise<ConditionPair> {
	const { mix, encoders } = pipeline;
	const condition = run.condition ?? (await composePlain(mix, encoders, run.prompts!, options.signal));
	const positive = forPictures(condition, run.pictures);
	if (run.guidance === undefined) return { positive, negative: undefined };
	return { positive, negative: forPictures(await negativeOf(pipeline, condition, options), run.pictures) };
}

async function negativeOf(
	{ mix, encoders, forceZerosForEmptyPrompt }: DiffusionPipeline,
	{ promptEmbeds, pooledPromptEmbeds }: Condition,
	options: GenerateOptions,
): Promise<Condition> {
	const { negativePrompt, negativePromptEmbeds, negativePooledPromptEmbeds, signal } = options;
	if (negativePromptEmbeds) {
		return { promptEmbeds: negativePromptEmbeds, pooledPromptEmbeds: negativePooledPromptEmbeds };
	}
	if (negativePrompt === undefined && forceZerosForEmptyPrompt) {
		return {
			promptEmbeds: zerosLike(promptEmbeds),
			pooledPromptEmbeds: pooledPromptEmbeds && zerosLike(pooledPromptEmbeds),
		};
	}
	const prompts = typeof negativePrompt === "object" ? negativePrompt : [negativePrompt ?? ""];
	return composePlain(mix, encoders, prompts, signal);
}

/** The pair as the denoiser takes it: all pictures under the negative condition, then all under the prompt's. */
export function stacked({ positive, negative }: ConditionPair): Condition {
	if (!negative) return positive;
	const { promptEmbeds, pooledPromptEmbeds } = positive;
	return {
		promptEmbeds: stack(negative.promptEmbeds, promptEmbeds),
		pooledPromptEmbeds: pooledPromptEmbeds && stack(negative.pooledPromptEmbeds!, pooledPromptEmbeds),
	};
}

function forPictures({ promptEmbeds, pooledPromptEmbeds }: Condition, pictures: number): Condition {
	return {
		promptEmbeds: repeatRows(promptEmbeds, pictures),
		pooledPromptEmbeds: pooledPromptEmbeds && repeatRows(pooledPromptEmbeds, pictures),
	};
}

/** Each row as often as it takes to have one for each picture. */
function repeatRows({ data, dims }: Tensor<"float32">, pictures: number): Tensor<"float32"> {
	const [rows, ...rest] = dims as [number, ...number[]];
	const [times, size] = [pictures / rows, data.length / rows];
	const out = new Float32Array(pictures * size);
	for (let i = 0; i < pictures; i++)
		out.set(data.subarray(Math.floor(i / times) * size, Math.floor(i / times + 1) * size), i * size);
	return float32(out, [pictures, ...rest]);
}

function stack(a: Tensor<"float32">, b: Tensor<"float32">): Tensor<"float32"> {
	const data = new Float32Array(a.data.length + b.data.length);
	data.set(a.data);
	data.set(b.data, a.data.length);
	return float32(data, [a.dims[0]! + b.dims[0]!, ...a.dims.slice(1)]);
}

function zerosLike({ data, dims }: Tensor<"float32">): Tensor<"float32"> {
	return float32(new Float32Array(data.length), dims);
}
