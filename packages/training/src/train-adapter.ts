import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { SessionOptions } from "@drum/graph";
import { ArgumentError, checkNames, namesOf, shown, type TextEncoder } from "@drum/tensor";
import type { Captions, CaptionsOptions } from "./captions/index.ts";
import { openCaptions } from "./captions/index.ts";
import { EncodingCache } from "./encoding-cache.ts";
import { RunFolder, type SavedRun, type TrainingStep } from "./run-folder.ts";
import { type TrainingSettings, trainingSettings } from "./settings.ts";
import { configOf } from "./shapes.ts";
import { Training } from "./training.ts";

export interface TrainAdapterOptions extends Partial<TrainingSettings>, Pick<SessionOptions, "device" | "threads"> {
	/** The encoder that the adapter is for, opened for hidden states of skip −1. */
	encoder: TextEncoder;
	/** Files and folders of captions: see `openCaptions`. */
	captions: string | readonly string[];
	/** The captions' column, and their format if the files' names do not show it. */
	captionOptions?: Pick<CaptionsOptions, "column" | "format" | "temporaryFolder"> | undefined;
	/** A folder for conditions, so that no caption is encoded twice. `EncodingCache` says how large they are. Default: none. */
	encodingCache?: string | undefined;
	/** The run's folder, which a pipeline takes as `adapters`: the adapter is `weight/<name>.safetensors` there. */
	folder: string;
	/** The encoder's name in a pipeline's mix: `"L"`, `"H"`, `"bigG"`, `"T5"`, or another name. */
	name: string;
	/** Continues the run in the folder, with the same numbers as without a stop. Default false. */
	resume?: boolean | undefined;
	/** Steps between two saves. The last step and a cancelled one are always saved. Default 500. */
	saveEvery?: number | undefined;
	onStep?: ((step: TrainingStep & { steps: number; epoch: number }) => void) | undefined;
	/** Ends the run: saves after the current step, then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

const OPTIONS = namesOf<TrainAdapterOptions>({
	encoder: true,
	captions: true,
	captionOptions: true,
	encodingCache: true,
	folder: true,
	name: true,
	resume: true,
	saveEvery: true,
	onStep: true,
	signal: true,
	device: true,
	threads: true,
	steps: true,
	batchSize: true,
	microBatchSize: true,
	learningRate: true,
	warmupSteps: true,
	weightDecay: true,
	betas: true,
	epsilon: true,
	dropout: true,
	layers: true,
	encodeRatio: true,
	seed: true,
});

export interface TrainedAdapter {
	/** The adapter's file. */
	file: string;
	/** The log's file, a line of JSON for each step. */
	log: string;
	/** All steps of the run, from the first. */
	steps: readonly TrainingStep[];
}

/**
 * Trains an encoder's adapter from captions alone (paper section 5.1). The adapter learns to reconstruct each caption's condition from the condition
 * itself, with the loss 1 − cosine over tokens and on the class row, and AdamW with linear warm-up and half a cosine.
 * @throws ArgumentError for a wrong setting; for a folder with a run or an adapter without `resume`, or without a run with `resume`; for other
 * settings or another encoder than those of the run to continue; and for a run that diverges
 * @throws FileError for captions that cannot be read or are not the run's, and for a log of another run
 * @throws CheckpointError for a damaged saved run
 */
export async function trainAdapter(options: TrainAdapterOptions): Promise<TrainedAdapter> {
	checkNames("trainAdapter", options, OPTIONS);
	checkNames("captionOptions", options.captionOptions, ["column", "format", "temporaryFolder"]);
	const { encoder, folder, name, resume = false, saveEvery = 500, captionOptions, signal, onStep } = options;
	const { device, threads } = options;
	signal?.throwIfAborted();
	checkName(name);
	if (!Number.isSafeInteger(saveEvery) || saveEvery < 1)
		throw new ArgumentError({ what: "saveEvery", expected: "a whole number from 1", found: shown(saveEvery) });
	const run = new RunFolder(folder, name);
	let saved = await run.load();
	if (resume && !saved) {
		const next = "Leave out the option resume to begin a run, or name the folder and adapter of the run to continue";
		throw new ArgumentError({ what: "resume", expected: `a run of ${name} in ${folder}`, found: "none", next });
	}
	const settings = saved ? savedSettings(options, saved, run, resume) : trainingSettings(options, encoder);
	const config = configOf(encoder, settings);
	if (saved) run.checkState(saved.state, config);
	else checkNew(run);

	await using captions = await openCaptions(options.captions, {
		...captionOptions,
		signal,
		...(saved ? { state: saved.captions } : { seed: settings.seed }),
	});
	const dims = [config.rows, config.width];
	await using cache =
		options.encodingCache === undefined
			? undefined
			: await EncodingCache.open(options.encodingCache, encoder.fingerprint, dims);
	await using training = await Training.create(encoder, settings, {
		...{ state: saved?.state, cache, device, threads, signal },
	});
	// From the first step on, the runtime keeps its tensors, up to a gigabyte.
	saved = undefined;
	const steps = await run.startLog(training.step);
	let savedStep = training.step;
	const save = async (at: ReturnType<Captions["state"]>) => {
		if (savedStep === training.step) return;
		const state = await training.state();
		await run.save({ state, settings, captions: at, encoder: encoder.fingerprint }, training.published(state));
		savedStep = training.step;
	};
	let done = captions.state();
	try {
		while (training.step < settings.steps) {
			const { epoch } = captions;
			const batch = await captions.next(settings.batchSize, signal);
			const step = await training.next(batch, signal);
			done = captions.state();
			steps.push(step);
			await run.logStep(step);
			onStep?.({ ...step, steps: settings.steps, epoch });
			// After a loss that is not finite, no parameter is finite. Saving throws the error, which ends the run.
			if (step.step % saveEvery === 0 || !Number.isFinite(step.loss)) await save(done);
		}
	} finally {
		// Also if the run is cancelled or encoding a caption fails, so that no finished step is lost.
		await save(done);
	}
	return { file: run.adapter, log: run.log, steps };
}

/** The settings of the run to continue. */
function savedSettings(
	options: TrainAdapterOptions,
	{ settings, encoder, state }: SavedRun,
	run: RunFolder,
	resume: boolean,
): TrainingSettings {
	if (!resume) {
		throw new ArgumentError({
			what: `folder ${options.folder}`,
			expected: "no run yet",
			found: `one at step ${state.step} of ${settings.steps}`,
			next: "Use the option resume to continue it, or name another folder",
		});
	}
	if (encoder !== options.encoder.fingerprint) {
		const what = `the encoder of the run ${run.adapter}`;
		const found = `another, ${options.encoder.name}`;
		const next = "Use the encoder of the run, or begin a new run in another folder";
		throw new ArgumentError({ what, expected: "the encoder that the run began with", found, next });
	}
	for (const key of Object.keys(settings) as (keyof TrainingSettings)[]) {
		const [given, kept] = [options[key], settings[key]];
		if (given === undefined || isDeepStrictEqual(given, kept)) continue;
		const next = "Leave it out to continue, or begin a new run in another folder";
		throw new ArgumentError({ what: key, expected: `${shown(kept)}, as the run began`, found: shown(given), next });
	}
	return settings;
}

/** A run that was killed during its first save has left its adapter, but also a log. */
function checkNew({ adapter, log }: RunFolder): void {
	if (!existsSync(adapter) || existsSync(log)) return;
	const next = "Name another folder, or move the file away";
	throw new ArgumentError({ what: adapter, expected: "no adapter yet", found: "one without the log of a run", next });
}

function checkName(name: string): void {
	if (/^[\w-]+$/.test(name)) return;
	throw new ArgumentError({
		what: "name",
		expected: "letters, digits, _ and -, such as L",
		found: shown(name),
	});
}
