import { basename } from "node:path";
import type { DiffusionPipeline, DrUM, GenerateOptions, GenerateResult } from "@drum/pipeline";
import { CheckpointError, type DrumError, type Warning } from "@drum/tensor";
import { saveImages, type Target } from "../pictures.ts";
import { KNOWN_PROMPT, KNOWN_REFERENCES } from "./known-inputs.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";

/** A picture that was drawn and saved. */
export interface PictureFound {
	/** Its file's name. */
	file: string;
	prompt: string;
	width: number;
	height: number;
	steps: number;
	/** Of the picture's bytes, 0 to 255. */
	pixels: Statistics;
	/** LoRAs that it was drawn with: what wrote each, and how many layers it changes. */
	loras: { format: string; layers: number }[];
	/** Whether earlier prompts steered it. */
	personalised: boolean;
	warnings: readonly Warning[];
}

export interface DrawOptions {
	height: number | undefined;
	width: number | undefined;
	steps: number;
	/** Attaches the adapters; undefined for a plain picture. */
	attach: ((pipeline: DiffusionPipeline) => Promise<DrUM<GenerateOptions, GenerateResult>>) | undefined;
	target: Target;
	signal: AbortSignal;
	onStep(done: number, total: number): void;
}

/** Draws the known prompt in a few steps and saves the picture. */
export async function drawFirst(pipeline: DiffusionPipeline, options: DrawOptions): Promise<PictureFound> {
	const { height, width, steps, attach, target, signal, onStep } = options;
	const run = {
		...{ height, width, numInferenceSteps: steps, seed: 0, signal },
		onStep: ({ step, steps }: { step: number; steps: number }) => onStep(step, steps),
	};
	const { images, warnings } = attach
		? await drawPersonalised(await attach(pipeline), run)
		: await pipeline.generate(KNOWN_PROMPT, run);
	const image = images[0]!;
	const [file] = await saveImages([image], target, attach ? "doctor-personalised" : "doctor", { force: true });
	const { data } = image;
	const layers = (lora: (typeof pipeline.loras)[number]) =>
		[lora.parts.denoiser, ...Object.values(lora.parts.encoders)].reduce(
			(sum, part) => sum + (part?.modules.length ?? 0),
			0,
		);
	return {
		file: basename(file!),
		prompt: KNOWN_PROMPT,
		...{ width: image.width, height: image.height, steps },
		pixels: statisticsOf({ dims: [image.height, image.width, 3], data }),
		loras: pipeline.loras.map((lora) => ({ format: lora.format, layers: layers(lora) })),
		personalised: attach !== undefined,
		warnings: [...warnings, ...pipeline.loras.flatMap((lora) => lora.warnings)],
	};
}

async function drawPersonalised(drum: DrUM<GenerateOptions, GenerateResult>, run: GenerateOptions) {
	await using attached = drum;
	const profile = await attached.profile(
		KNOWN_REFERENCES.map((prompt) => ({ prompt })),
		{ ratio: 1 },
	);
	return attached.generate(KNOWN_PROMPT, { ...run, profile, alpha: 0.3 });
}

/** A picture of one colour is none. */
export function refusePicture({ pixels }: PictureFound): DrumError | undefined {
	if (pixels.deviation > 0.5) return undefined;
	return new CheckpointError({
		what: "the first picture",
		expected: "a picture",
		found: `one colour, ${pixels.mean.toFixed(0)} of 255`,
		next: "Look at the ranges of the parts above, and try --device cpu and --dtype auto",
	});
}
