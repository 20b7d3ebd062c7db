import { rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FoundationModel } from "@drum/pipeline";
import { ArgumentError } from "@drum/tensor";
import type { TrainingStep } from "@drum/training";
import type { Command } from "commander";
import { isMissing } from "../evaluation/packages.ts";
import { lossCurve } from "../loss-curve.ts";
import { addHeldModel, MODEL_FLAG, MODEL_TEXT, type ModelOptions, openModelEncoders } from "../options/model.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { addRequired } from "../options/required.ts";
import {
	addTrainingOptions,
	CAPTIONS_FLAG,
	CAPTIONS_TEXT,
	type TrainingOptions,
	trainingSettings,
} from "../options/training.ts";
import { checkFolder, makeFolder } from "../output-folder.ts";
import { jsonText } from "../printable.ts";
import { Progress } from "../progress.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { Surroundings } from "../surroundings.ts";

interface TrainOptions extends Omit<ModelOptions, "encoder">, TrainingOptions, OutputOptions {
	out: string;
}

export function addTrain(program: Command, around: Surroundings): void {
	const command = program.command("train").description("train an adapter for a text encoder, from captions alone");
	addRequired(command, MODEL_FLAG, MODEL_TEXT);
	addRequired(command, CAPTIONS_FLAG, CAPTIONS_TEXT);
	addRequired(command, "--out <folder>", "the run's folder; pass it to drum generate as --adapters");
	addTrainingOptions(command);
	addOutput(addHeldModel(command))
		.addHelpText("after", EXAMPLES)
		.action((options: TrainOptions) => train(options, around));
}

async function train(options: TrainOptions, around: Surroundings): Promise<void> {
	const { stdout, signal } = around;
	const { out, captions, column, format, encodingCache, device, threads, resume, saveEvery, json } = options;
	const { trainAdapter } = await import("@drum/training");
	await checkFolder(out);
	const progress = new Progress(around, options.quiet);
	const watch = new Stopwatch();
	const taken: TrainingStep[] = [];
	let name = "";
	let made: string[] = [];
	const choose = ({ encoders }: FoundationModel) => {
		name = chosen(Object.keys(encoders), options.encoder);
		return [name];
	};
	try {
		const { encoders } = await openModelEncoders({ ...options, encoder: undefined }, progress, signal, choose);
		const encoder = encoders[name]!;
		made = await makeFolder(out);
		watch.lap("load");
		const result = await trainAdapter({
			...trainingSettings(options),
			...{ encoder, name, captions, encodingCache, folder: out, device, threads, resume, saveEvery, signal },
			captionOptions: {
				column: column !== undefined && /^\d+$/.test(column) ? Number(column) : column,
				format,
				temporaryFolder: out,
			},
			onStep: (step) => {
				taken.push(step);
				progress.show("train", step.step, step.steps, `loss ${step.loss.toFixed(4)}, epoch ${step.epoch + 1}`);
			},
		});
		watch.lap("train");
		await encoder.release();
		progress.end();
		const curve = await writeCurve(dirname(result.log), name, result.steps, progress);
		const last = result.steps.at(-1)!;
		const document = {
			file: result.file,
			log: result.log,
			curve,
			steps: last.step,
			loss: last.loss,
			seconds: watch.seconds(),
		};
		stdout.write(json ? jsonText(document) : report(document));
	} catch (error) {
		for (const path of made.reverse()) await rmdir(path).catch(() => undefined);
		if (signal.aborted && taken.length > 0) {
			progress.note(`saved after step ${taken.at(-1)!.step}: --resume continues from there`);
		}
		throw error;
	} finally {
		progress.end();
	}
}

/** The encoder to train behind, before it is downloaded. */
function chosen(names: readonly string[], wanted: string | undefined): string {
	const [only] = names;
	if (wanted === undefined && names.length === 1) return only!;
	if (wanted !== undefined && names.includes(wanted)) return wanted;
	const expected = `one of the model's: ${names.join(", ")}`;
	throw new ArgumentError({ what: "--encoder", expected, found: wanted ?? "none" });
}

/** The picture is a by-product: without the package that plots it, the training is whole. */
async function writeCurve(
	folder: string,
	name: string,
	steps: readonly TrainingStep[],
	progress: Progress,
): Promise<string | null> {
	const file = join(folder, "loss.svg");
	try {
		await writeFile(file, await lossCurve(name, steps));
		return file;
	} catch (error) {
		if (!isMissing("@drum/eval", (error as Error).cause)) throw error;
		progress.note(`no ${file}, which @drum/eval plots: npm install --global @drum/cli @drum/eval`);
		return null;
	}
}

function report({
	file,
	curve,
	steps,
	loss,
	seconds,
}: {
	file: string;
	curve: string | null;
	steps: number;
	loss: number;
	seconds: Record<string, number>;
}): string {
	return `${file}: ${steps} steps, loss ${loss.toFixed(4)}, ${Math.round(seconds.train!)} s\n${curve === null ? "" : `${curve}\n`}`;
}

const EXAMPLES = `
The folder will contain weight/<encoder>.safetensors, as in the published adapters. The run itself is in training/<encoder>/:
log.jsonl (a line for each step), loss.svg, and state.safetensors, from which --resume continues. Ctrl-C saves and stops.

Examples:
  drum train --model stable-diffusion-v1-5/stable-diffusion-v1-5 --captions captions.csv --out my-adapters/
  drum train --model black-forest-labs/FLUX.1-schnell --encoder T5 --captions cc3m/ --column caption --out my-adapters/
  drum train --model ./my-model --captions captions.txt --out my-adapters/ --resume
  drum generate --model ./my-model --adapters my-adapters/ --prompt "a lighthouse" --reference "storm at sea"
`;
