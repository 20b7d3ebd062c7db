import type { Seed } from "@drum/diffusion";
import { type Condition, checkPrompts, layoutOf, type Readings } from "@drum/peca";
import { ArgumentError, shown } from "@drum/tensor";
import { TILED_ABOVE } from "./activations.ts";
import { ADAPTER_ROWS, mostClipSkip, rowsOf } from "./call-mix.ts";
import { readCall } from "./call-texts.ts";
import { checkCondition, checkNegative } from "./check-condition.ts";
import { checkModelOptions } from "./check-model-options.ts";
import { checkOptions } from "./check-options.ts";
import { checkTensor } from "./check-tensor.ts";
import type { CallLoras } from "./lora/loras.ts";
import type { OpenedPipeline } from "./opened-pipeline.ts";
import type { GenerateOptions } from "./options.ts";
import { planSize } from "./plan-size.ts";
import { planSteps, type StepsPlan } from "./plan-steps.ts";
import { startSize } from "./start/start-size.ts";
import { checkSteered, unguidedDislikes } from "./steered-negative.ts";
import { planTimeIds, type TimeIds } from "./time-ids.ts";
import { unusedOptions } from "./unused-options.ts";

/** A call with its defaults filled in. */
export interface Run extends StepsPlan {
	/** What each encoder reads, if there is no condition. */
	texts: Readings | undefined;
	/** What each encoder reads as the negative prompt, if guidance is on and there is no condition for it. */
	negativeTexts: Readings | undefined;
	/** The prompts, if they are known. */
	prompts: readonly string[] | undefined;
	condition: Condition | undefined;
	pictures: number;
	picturesOfEach: number;
	seed: Seed;
	/** The weight of the condition against the negative one. Undefined without a negative condition. */
	guidance: number | undefined;
	/** The guidance scale that a distilled denoiser takes. */
	distilledGuidance: number | undefined;
	guidanceScale: number;
	guidanceRescale: number;
	/** Shape of one picture's latents: `[channels, height / scale, width / scale]`. */
	latentDims: [channels: number, height: number, width: number];
	/** SDXL's time ids. */
	timeIds: TimeIds | undefined;
	/** T5's rows of a prompt. */
	rows: number;
	loras: CallLoras;
	clipSkip: number;
	vaeTiling: boolean;
}

/**
 * Fills in a call's defaults and checks it against the model.
 * @throws ArgumentError that names the wrong option
 */
export async function planRun(
	pipeline: OpenedPipeline,
	input: string | readonly string[] | Condition,
	options: GenerateOptions,
): Promise<Run> {
	const { model, denoiser, vae } = pipeline;
	const condition = isCondition(input) ? input : undefined;
	const prompts = isCondition(input) ? input.prompts && checkPrompts(input.prompts) : checkPrompts(input);
	const count = prompts?.length ?? condition?.promptEmbeds?.dims?.[0] ?? 1;
	checkOptions(options, count);
	checkModelOptions(options, model);
	if (condition) checkCondition(pipeline, condition, count);
	if (condition) checkGiven(condition, options);
	const loras = pipeline.lorasOf(options);
	const clipSkip = checkClipSkip(pipeline, options);
	const rows = sequenceLength(pipeline, condition, options);
	const guidanceScale = options.guidanceScale ?? model.defaults.guidanceScale;
	const guidance = guidanceOf(pipeline, options, condition);
	const isGuided = guidance !== undefined;
	if (condition?.negative) checkSteered(pipeline, condition.negative, options, count);
	const readings = await readCall(
		pipeline,
		condition ? undefined : prompts,
		isGuided && !condition?.negative,
		options,
		{
			rows,
			layout: condition?.layout,
		},
	);
	const { texts = {}, negativeTexts } = readings;
	const layout = condition ? condition.layout : layoutOf(texts);
	const ownRows = rowsOf(pipeline.mix, pipeline.encoders, rows);
	checkNegative(pipeline, condition, options, count, {
		guided: isGuided && !condition?.negative,
		tokens: condition?.promptEmbeds.dims[1] ?? rowsOf(pipeline.mix, pipeline.encoders, rows, layout),
		// A negative prompt with weights has as many rows, or is denoised by itself. Zeros have as many as a condition with weights.
		made: layoutOf(negativeTexts ?? {}) || (layout && !negativeTexts) ? undefined : ownRows,
	});

	const [sampleHeight, sampleWidth] = denoiser.sampleSize;
	const own = startSize(pipeline, options, { height: sampleHeight * vae.scale, width: sampleWidth * vae.scale });
	const { height, width, warnings: rounded } = planSize(pipeline, { ...own, ...definedSizes(options) });
	const latentDims: Run["latentDims"] = [denoiser.channels, height / vae.scale, width / vae.scale];
	const picturesOfEach = options.numImagesPerPrompt ?? 1;
	const pictures = count * picturesOfEach;
	if (options.latents !== undefined) checkTensor("latents", options.latents, [pictures, ...latentDims]);
	const warnings = [...own.warnings, ...rounded, ...unusedOptions(pipeline, options, isGuided)];
	if (condition?.negative && !isGuided) warnings.push(unguidedDislikes(pipeline.name));
	const steps = await planSteps(pipeline, options, {
		...{ pictures, isGuided, unused: new Set(warnings.map(({ what }) => what)) },
		patches: (latentDims[1] * latentDims[2]) / denoiser.multiple ** 2,
	});
	return {
		...readings,
		...steps,
		rows,
		clipSkip,
		loras,
		prompts,
		condition,
		pictures,
		picturesOfEach,
		seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
		guidance,
		distilledGuidance: model.guidance === "distilled" || denoiser.takesGuidance ? guidanceScale : undefined,
		guidanceScale,
		guidanceRescale: options.guidanceRescale ?? 0,
		latentDims,
		timeIds: model.takes?.includes("originalSize") ? planTimeIds(options, height, width) : undefined,
		vaeTiling: options.vaeTiling ?? height * width > TILED_ABOVE,
		warnings: [...warnings, ...steps.warnings],
	};
}

/** The weight of the prompt against the negative prompt. Undefined if guidance is off. */
export function guidanceOf(
	{ model, denoiser }: OpenedPipeline,
	options: GenerateOptions,
	condition?: Condition | undefined,
): number | undefined {
	const scale = options.guidanceScale ?? model.defaults.guidanceScale;
	if (model.guidance !== "distilled") return scale > 1 && !denoiser.takesGuidance ? scale : undefined;
	const { trueCfgScale = 1, negativePrompt, negativePromptEmbeds } = options;
	// As in diffusers, one without the other has no effect.
	const isNamed =
		negativePrompt !== undefined || negativePromptEmbeds !== undefined || condition?.negative !== undefined;
	if (trueCfgScale <= 1 || !isNamed) return undefined;
	return trueCfgScale;
}

function isCondition(input: string | readonly string[] | Condition): input is Condition {
	return typeof input === "object" && input !== null && "promptEmbeds" in input;
}

/** The sizes that the call has. */
function definedSizes({ height, width }: GenerateOptions) {
	return { ...(height !== undefined && { height }), ...(width !== undefined && { width }) };
}

/** @throws ArgumentError for options that change how a condition is made, in a call with a finished condition */
function checkGiven({ prompts, maxSequenceLength }: Condition, options: GenerateOptions): void {
	const { prompt2, prompt3, clipSkip, maxSequenceLength: rows } = options;
	// `drum.generate` has made the condition of the call's own prompts.
	const others = prompts ? { clipSkip } : { prompt2, prompt3, clipSkip };
	for (const [what, value] of Object.entries(others)) {
		if (value === undefined || value === 0) continue;
		const next = `Give ${what} when you make the condition. A condition made with a profile takes none`;
		throw new ArgumentError({ what, expected: "none together with a condition", found: shown(value), next });
	}
	if (rows === undefined || maxSequenceLength === undefined || rows === maxSequenceLength) return;
	const expected = `${maxSequenceLength}, which the condition was made with`;
	const next = "Leave it out, or give it when you make the condition";
	throw new ArgumentError({ what: "maxSequenceLength", expected, found: shown(rows), next });
}

/** The number of layers by which CLIP's hidden states are taken earlier. */
function checkClipSkip({ mix, encoders, model }: OpenedPipeline, { clipSkip = 0 }: GenerateOptions): number {
	if (clipSkip === 0) return 0;
	const most = mostClipSkip(mix, encoders);
	if (most !== undefined && clipSkip <= most) return clipSkip;
	const expected =
		most === undefined ? `0: no encoder of ${model.name} can give others` : `an integer from 0 to ${most}`;
	throw new ArgumentError({ what: "clipSkip", expected, found: shown(clipSkip) });
}

/** T5's rows: those of the call, or else of the condition, the opening or the model. */
function sequenceLength(
	{ model, maxSequenceLength }: OpenedPipeline,
	condition: Condition | undefined,
	options: GenerateOptions,
): number {
	const known = options.maxSequenceLength ?? condition?.maxSequenceLength ?? maxSequenceLength;
	return known ?? model.maxSequenceLength ?? ADAPTER_ROWS;
}
