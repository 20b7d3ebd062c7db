import type { DiffusionPipeline, GenerateResult, GenerateOptions as RunOptions } from "@drum/pipeline";
import type { Command } from "commander";
import { addGenerateOptions, type GenerateOptions } from "../options/generate.ts";
import { adaptersOf, checkAdapters, openModel } from "../options/model.ts";
import { checkTarget, saveImages } from "../pictures.ts";
import { Progress } from "../progress.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Personal, profileOf, readPersonal } from "./personal.ts";

export function addGenerate(program: Command, around: Surroundings): void {
	addGenerateOptions(program.command("generate")).action((options: GenerateOptions) => generate(options, around));
}

/** One call of the command. */
interface Job {
	options: GenerateOptions;
	personal: Personal | undefined;
	progress: Progress;
	watch: Stopwatch;
	signal: AbortSignal;
}

async function generate(options: GenerateOptions, around: Surroundings): Promise<void> {
	const { stdout, stderr, signal } = around;
	const watch = new Stopwatch();
	const personal = await readPersonal(options, around);
	const target = await checkTarget(options.out);
	const progress = new Progress(stderr, options.quiet);
	if (options.history !== undefined && !personal) progress.note("the history is empty: drawing the prompt as it is");
	try {
		if (personal) await checkAdapters(options, progress, signal);
		await using pipeline = await openModel(options, progress, signal);
		const { images, seed } = await draw(pipeline, { options, personal, progress, watch, signal });
		signal.throwIfAborted();
		const files = await saveImages(images, target, String(seed), options.force);
		watch.lap("save");
		progress.end();
		const parameters = valuesOf(images[0]!.parameters);
		const document = { files, seed, parameters, timings: watch.seconds() };
		stdout.write(options.json ? `${JSON.stringify(document, null, 2)}\n` : files.map((file) => `${file}\n`).join(""));
		if (options.seed === undefined) progress.note(`seed ${seed}`);
	} finally {
		progress.end();
	}
}

async function draw(pipeline: DiffusionPipeline, job: Job): Promise<GenerateResult> {
	const { options, personal, progress, watch, signal } = job;
	const run: RunOptions = {
		seed: options.seed,
		negativePrompt: options.negativePrompt,
		numInferenceSteps: options.steps,
		guidanceScale: options.guidanceScale,
		guidanceRescale: options.guidanceRescale,
		trueCfgScale: options.trueCfgScale,
		height: options.height,
		width: options.width,
		numImagesPerPrompt: options.images,
		scheduler: options.scheduler,
		eta: options.eta,
		vaeTiling: options.vaeTiling,
		onStep: ({ step, steps }) => progress.show("steps", step, steps),
		signal,
	};
	pipeline.checkOptions(run);
	if (!personal) {
		watch.lap("open");
		return timed(watch, pipeline.generate(options.prompt, run));
	}
	const { DrUM } = await import("@drum/pipeline");
	await using drum = await DrUM.attach(pipeline, adaptersOf(options, progress, signal));
	watch.lap("open");
	const profile = await profileOf(drum, personal, progress, signal);
	watch.lap("profile");
	return timed(watch, drum.generate(options.prompt, { ...run, profile, alpha: options.alpha }));
}

async function timed<T>(watch: Stopwatch, drawing: Promise<T>): Promise<T> {
	const result = await drawing;
	watch.lap("draw");
	return result;
}

const NUMBERS = new Set(["alpha", "numInferenceSteps", "guidanceScale", "guidanceRescale", "trueCfgScale", "eta"]);

/** A picture's own record, with numbers and lists as such; what tells pictures of one call apart is left out. */
function valuesOf({ seed, picture, references, ...rest }: Readonly<Record<string, string>>): Record<string, unknown> {
	const entries = Object.entries(rest).map(([key, value]) => [key, NUMBERS.has(key) ? Number(value) : value]);
	return { ...Object.fromEntries(entries), ...(references && { references: JSON.parse(references) }) };
}
