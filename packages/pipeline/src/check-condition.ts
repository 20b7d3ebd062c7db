import type { Condition } from "@drum/peca";
import { ArgumentError } from "@drum/tensor";
import { checkTensor } from "./check-tensor.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

/** @throws ArgumentError that names the tensor with a type, shape or values that this model's denoiser does not take */
export function checkCondition({ denoiser, model }: OpenedPipeline, condition: Condition, count: number): void {
	const { width, pooledWidth } = denoiser;
	checkTensor("promptEmbeds", condition.promptEmbeds, [count, null, width]);
	if (pooledWidth !== undefined) checkTensor("pooledPromptEmbeds", condition.pooledPromptEmbeds, [count, pooledWidth]);
	else if (condition.pooledPromptEmbeds !== undefined) {
		throw new ArgumentError({
			what: "pooledPromptEmbeds",
			expected: `none for ${model.name}`,
			found: "a tensor",
			next: "Leave it out",
		});
	}
}

/** What is known about a call's conditions when its negative condition is checked. */
interface NegativeRows {
	guided: boolean;
	/** Rows of the prompt's condition. */
	tokens: number;
	/** Rows of the condition that the pipeline makes from a negative prompt. Undefined if it adapts their number to the prompt's. */
	made: number | undefined;
}

/**
 * Checks the given negative condition. Also checks that there is one if the pipeline cannot make it, because the given condition has another number
 * of tokens.
 * @throws ArgumentError that names the tensor
 */
export function checkNegative(
	{ denoiser, model }: OpenedPipeline,
	condition: Condition | undefined,
	{ negativePromptEmbeds, negativePooledPromptEmbeds }: GenerateOptions,
	count: number,
	{ guided, tokens, made }: NegativeRows,
): void {
	const { width, pooledWidth } = denoiser;
	// A distilled model reads each condition in its own pass. Two conditions from the caller must have equal rows where it reads both.
	const distilled = model.guidance === "distilled";
	const free = distilled && (!guided || !condition);
	const isMissing = guided && !distilled && made !== undefined && made !== tokens;
	if (negativePromptEmbeds !== undefined || isMissing) {
		const next = condition?.layout && 'Or read the negative prompt as the condition was: promptSyntax: "a1111"';
		checkTensor("negativePromptEmbeds", negativePromptEmbeds, [count, free ? null : tokens, width], next);
	}
	if (negativePooledPromptEmbeds !== undefined && (pooledWidth === undefined || negativePromptEmbeds === undefined)) {
		throw new ArgumentError({
			what: "negativePooledPromptEmbeds",
			expected: pooledWidth === undefined ? `none for ${model.name}` : "negativePromptEmbeds with it",
			found: pooledWidth === undefined ? "a tensor" : "none",
			next: pooledWidth === undefined ? "Leave it out" : "Give both, or neither",
		});
	}
	if (negativePromptEmbeds !== undefined && pooledWidth !== undefined) {
		checkTensor("negativePooledPromptEmbeds", negativePooledPromptEmbeds, [count, pooledWidth]);
	}
}
