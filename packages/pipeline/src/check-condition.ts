import type { Condition } from "@drum/peca";
import { ArgumentError } from "@drum/tensor";
import { checkTensor } from "./check-tensor.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";

/** @throws ArgumentError for a condition that this model's denoiser does not take. */
export function checkCondition({ denoiser, model }: OpenedPipeline, condition: Condition, count: number): void {
	const { width, pooledWidth } = denoiser;
	checkTensor("promptEmbeds", condition.promptEmbeds, [count, null, width]);
	if (pooledWidth !== undefined) checkTensor("pooledPromptEmbeds", condition.pooledPromptEmbeds, [count, pooledWidth]);
	else if (condition.pooledPromptEmbeds !== undefined) {
		throw new ArgumentError({ what: "pooledPromptEmbeds", expected: `none for ${model.name}`, found: "a tensor" });
	}
}

/** What is known of a call's conditions when its negative one is checked. */
interface NegativeRows {
	guided: boolean;
	/** Rows of the prompt's condition. */
	tokens: number;
	/** Rows of the condition that the pipeline makes of a negative prompt; undefined where it makes one to fit. */
	made: number | undefined;
}

/**
 * Checks the negative condition that the caller gives, and that there is one where the pipeline cannot make it: of as many
 * tokens as a condition of the caller's own.
 * @throws ArgumentError naming the tensor.
 */
export function checkNegative(
	{ denoiser, model }: OpenedPipeline,
	condition: Condition | undefined,
	{ negativePromptEmbeds, negativePooledPromptEmbeds }: GenerateOptions,
	count: number,
	{ guided, tokens, made }: NegativeRows,
): void {
	const { width, pooledWidth } = denoiser;
	// A distilled model has each condition in a pass of its own; two of the caller's are to be alike where it looks at both.
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
			expected: pooledWidth === undefined ? `none for ${model.name}` : "negativePromptEmbeds beside it",
			found: pooledWidth === undefined ? "a tensor" : "none",
		});
	}
	if (negativePromptEmbeds !== undefined && pooledWidth !== undefined) {
		checkTensor("negativePooledPromptEmbeds", negativePooledPromptEmbeds, [count, pooledWidth]);
	}
}
