import {
	type Condition,
	composePlain,
	cutPrompts,
	layoutOf,
	plainTexts,
	type Readings,
	syntaxWarnings,
} from "@drum/peca";
import { float32, type Tensor, type Warning } from "@drum/tensor";
import { callMix } from "./call-mix.ts";
import { optionOf } from "./call-texts.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import type { Run } from "./plan-run.ts";

/** Conditions for each picture: of the prompt, and with guidance also of the negative prompt. */
export interface ConditionPair {
	positive: Condition;
	negative: Condition | undefined;
	/** Warnings about both. */
	warnings: readonly Warning[];
}

export async function conditionPair(
	pipeline: OpenedPipeline,
	run: Run,
	options: GenerateOptions,
): Promise<ConditionPair> {
	const { rows, clipSkip, loras } = run;
	const { signal } = options;
	const condition = run.condition ?? (await plainCondition(pipeline, run.texts!, { rows, clipSkip, signal, loras }));
	const positive = forPictures(condition, run.pictures);
	const { warnings = [] } = condition;
	if (run.guidance === undefined) return { positive, negative: undefined, warnings };
	const negative = await negativeOf(pipeline, condition, run, options);
	return {
		positive,
		negative: forPictures(negative, run.pictures),
		warnings: [...warnings, ...(negative.warnings ?? [])],
	};
}

interface PlainOptions extends Pick<Run, "rows" | "loras"> {
	clipSkip?: number;
	signal: AbortSignal | undefined;
}

/** The condition of prompts from the option `what`, without a profile. */
export async function plainCondition(
	{ mix, model }: OpenedPipeline,
	texts: Readings,
	{ rows, clipSkip, signal, loras: { encoders } }: PlainOptions,
	what = "prompt",
): Promise<Condition> {
	const own = callMix(mix, encoders, rows, clipSkip);
	const condition = await composePlain(own, encoders, texts, { signal, tokens: rows });
	const [plain, layout] = [plainTexts(texts), layoutOf(texts)];
	const cut = cutPrompts(encoders, plain, optionOf(model, plain, what), rows);
	return {
		...condition,
		warnings: [...cut, ...syntaxWarnings(texts)],
		...(layout && { layout }),
		...(model.takes?.includes("maxSequenceLength") && { maxSequenceLength: rows }),
	};
}

async function negativeOf(
	pipeline: OpenedPipeline,
	condition: Condition,
	{ rows, negativeTexts, loras }: Run,
	{ negativePromptEmbeds, negativePooledPromptEmbeds, signal }: GenerateOptions,
): Promise<Condition> {
	if (condition.negative) return condition.negative;
	if (negativeTexts) return plainCondition(pipeline, negativeTexts, { rows, signal, loras }, "negativePrompt");
	const { promptEmbeds, pooledPromptEmbeds } = condition;
	return {
		promptEmbeds: negativePromptEmbeds ?? zerosLike(promptEmbeds),
		pooledPromptEmbeds: negativePromptEmbeds
			? negativePooledPromptEmbeds
			: pooledPromptEmbeds && zerosLike(pooledPromptEmbeds),
	};
}

/**
 * The pair in the denoiser's form: all pictures with the negative condition, then all with the prompt's. Conditions with different numbers of rows
 * are separate.
 */
export function stacked({ positive, negative }: Pick<ConditionPair, "positive" | "negative">): Condition[] {
	if (!negative) return [positive];
	const { promptEmbeds, pooledPromptEmbeds } = positive;
	if (negative.promptEmbeds.dims[1] !== promptEmbeds.dims[1]) return [negative, positive];
	const both = {
		promptEmbeds: stack(negative.promptEmbeds, promptEmbeds),
		pooledPromptEmbeds: pooledPromptEmbeds && stack(negative.pooledPromptEmbeds!, pooledPromptEmbeds),
	};
	return [both];
}

function forPictures({ promptEmbeds, pooledPromptEmbeds }: Condition, pictures: number): Condition {
	return {
		promptEmbeds: repeatRows(promptEmbeds, pictures),
		pooledPromptEmbeds: pooledPromptEmbeds && repeatRows(pooledPromptEmbeds, pictures),
	};
}

/** Repeats each row, so that there is one for each picture. */
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
