import type {
	DiffusionPipeline,
	GenerateResult,
	ImageParameters,
	GenerateOptions as RunOptions,
	Seed,
} from "@drum/pipeline";
import type { Command } from "commander";
import { openMark } from "../open-mark.ts";
import { addGenerateOptions, type GenerateOptions } from "../options/generate.ts";
import { checkLoras, loadLoras } from "../options/loras.ts";
import { adaptersOf, checkAdapters, openModel } from "../options/model.ts";
import { checkTarget, saveImages, saveSheet } from "../pictures.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Personal, profileOf, readPersonal } from "./personal.ts";
import { type PicturesIn, readPictures } from "./pictures-in.ts";

export function addGenerate(program: Command, around: Surroundings): void {
	addGenerateOptions(program.command("generate")).action((options: GenerateOptions) => generate(options, around));
}

/** One call of the command. */
interface Job {
	options: GenerateOptions;
	personal: Personal | undefined;
	pictures: PicturesIn;
	progress: Progress;
	watch: Stopwatch;
	signal: AbortSignal;
}

async function generate(options: GenerateOptions, around: Surroundings): Promise<void> {
	const { stdout, signal } = around;
	const { alpha } = options;
	const watch = new Stopwatch();
	const progress = new Progress(around, options.quiet);
	const personal = await readPersonal(options, around, progress);
	const pictures = await readPictures(options);
	const target = await checkTarget(options.out, options);
	const mark = await openMark(options);
	if (options.history !== undefined && !personal) progress.note("the history is empty: drawing the prompt as it is");
	try {
		if (personal) await checkAdapters(options, progress, signal);
		await checkLoras(options, progress, signal);
		await using pipeline = await openModel(options, progress, signal);
		await loadLoras(options, (source, own) => pipeline.loadLora(source, own), progress, signal);
		const { rows, seed, cachedSteps } = await draw(pipeline, { options, personal, pictures, progress, watch, signal });
		signal.throwIfAborted();
		const images = rows.flat();
		const saving = { ...options, mark, signal };
		const files = await saveImages(images, target, String(seed), saving);
		if (rows.length > 1) files.push(...(await saveSheet(rows, alpha, target, String(seed), saving)));
		watch.lap("save");
		progress.end();
		const parameters = shared(images[0]!.parameters);
		const { warnings } = progress;
		const document = { files, seed, parameters, cachedSteps, warnings, timings: watch.seconds() };
		stdout.write(options.json ? jsonText(document) : files.map((file) => `${file}\n`).join(""));
		if (options.seed === undefined) progress.note(`seed ${seed}`);
	} finally {
		progress.end();
	}
}

/** The pictures of each α, all of one seed. */
interface Drawn {
	rows: GenerateResult["images"][];
	seed: Seed;
	/** With a cache: in how many calls of the denoiser, over all α, work was left out. */
	cachedSteps: number | undefined;
}

async function draw(pipeline: DiffusionPipeline, job: Job): Promise<Drawn> {
	const { options, personal, pictures, progress, watch, signal } = job;
	const { negativeAlpha } = options;
	const run: RunOptions = {
		...pictures,
		seed: options.seed,
		promptSyntax: options.promptSyntax,
		prompt2: options.prompt2,
		prompt3: options.prompt3,
		negativePrompt: options.negativePrompt,
		negativePrompt2: options.negativePrompt2,
		negativePrompt3: options.negativePrompt3,
		clipSkip: options.clipSkip,
		denoisingEnd: options.denoisingEnd,
		numInferenceSteps: options.steps,
		guidanceScale: options.guidanceScale,
		guidanceStart: options.guidanceStart,
		guidanceEnd: options.guidanceEnd,
		cache: options.cache,
		guidanceRescale: options.guidanceRescale,
		skipGuidanceLayers: options.skipGuidanceLayers,
		skipLayerGuidanceScale: options.skipLayerGuidanceScale,
		skipLayerGuidanceStart: options.skipLayerGuidanceStart,
		skipLayerGuidanceStop: options.skipLayerGuidanceStop,
		trueCfgScale: options.trueCfgScale,
		height: options.height,
		width: options.width,
		numImagesPerPrompt: options.images,
		scheduler: options.scheduler,
		eta: options.eta,
		vaeTiling: options.vaeTiling,
		signal,
	};
	const onStep = (of: number, done: number) => (event: { step: number; steps: number }) =>
		progress.show("steps", done * event.steps + event.step, of * event.steps);
	await pipeline.checkOptions(run);
	progress.warn(pipeline.warnings);
	if (!personal) {
		watch.lap("open");
		const drawing = pipeline.generate(options.prompt, { ...run, onStep: onStep(1, 0) });
		const { images, seed, cachedSteps, warnings } = await timed(watch, drawing);
		progress.warn(warnings);
		return { rows: [images], seed, cachedSteps };
	}
	const { DrUM } = await import("@drum/pipeline");
	await using drum = await DrUM.attach(pipeline, adaptersOf(options, progress, signal));
	watch.lap("open");
	const profile = await profileOf(drum, personal, progress, signal);
	progress.warn(profile.warnings);
	watch.lap("profile");
	const rows: Drawn["rows"] = [];
	let seed: Seed | undefined = options.seed;
	let cachedSteps: number | undefined;
	for (const [i, alpha] of options.alpha.entries()) {
		const result = await drum.generate(options.prompt, {
			...run,
			seed,
			profile,
			alpha,
			...(negativeAlpha !== undefined && { negativeAlpha }),
			onStep: onStep(options.alpha.length, i),
		});
		progress.warn(result.warnings);
		rows.push(result.images);
		seed = result.seed;
		if (result.cachedSteps !== undefined) cachedSteps = (cachedSteps ?? 0) + result.cachedSteps;
	}
	watch.lap("draw");
	return { rows, seed: seed!, cachedSteps };
}

async function timed<T>(watch: Stopwatch, drawing: Promise<T>): Promise<T> {
	const result = await drawing;
	watch.lap("draw");
	return result;
}

/** A picture's own record; what tells pictures of one call apart is left out. */
function shared({ seed, picture, pictures, ...rest }: ImageParameters): ImageParameters {
	return rest;
}
