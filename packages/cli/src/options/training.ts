import type { TrainingSettings } from "@drum/training";
import { type Command, Option } from "commander";
import { integer, number, within } from "./numbers.ts";

const FORMATS = ["text", "csv", "tsv", "jsonl", "parquet"] as const;

/** What of `drum train` is not the model's. */
export interface TrainingOptions extends Partial<Omit<TrainingSettings, "betas" | "epsilon">> {
	captions: string[];
	column?: string;
	format?: (typeof FORMATS)[number];
	encoder?: string;
	saveEvery?: number;
	encodingCache?: string;
	resume?: true;
}

export const CAPTIONS_FLAG = "--captions <path...>";
export const CAPTIONS_TEXT =
	"files or folders of captions: text (a line each), CSV, TSV, JSONL, all also .gz, or Parquet";

const whole = integer(1, Number.MAX_SAFE_INTEGER);
const belowOne = within("a number from 0, below 1", (value) => value >= 0 && value < 1);
const positive = within("a number above 0", (value) => value > 0);

export function addTrainingOptions(command: Command): Command {
	return command
		.option(
			"--column <name>",
			'the captions\' column (default: "caption", "text", "prompt", or the only one); 0, 1, … without a header',
		)
		.addOption(new Option("--format <format>", "the captions' format, if their names do not show it").choices(FORMATS))
		.option("--encoder <name>", "which encoder, for a model with several: L, H, bigG or T5 (default: its only one)")
		.option("--steps <n>", "steps of AdamW (default: 23000)", whole)
		.option("--batch-size <n>", "captions per step (default: 256)", whole)
		.option("--micro-batch-size <n>", "how many of these are in memory at once (default: at most 16)", whole)
		.option("--learning-rate <x>", "learning rate after warm-up (default: 5e-4)", positive)
		.option(
			"--warmup-steps <n>",
			"steps of warm-up (default: a ninth of all, at most 2500)",
			integer(0, Number.MAX_SAFE_INTEGER),
		)
		.option("--weight-decay <x>", "AdamW's weight decay (default: 0.2)", number(0))
		.option("--dropout <x>", "(default: 0.1)", belowOne)
		.option("--layers <n>", "blocks of the adapter (default: 10)", whole)
		.option(
			"--encode-ratio <n>",
			"how many times narrower than the encoder the adapter is (default: 1; for T5 4)",
			whole,
		)
		.option(
			"--seed <n>",
			"seed of initial weights, order of captions and dropout (default: 42)",
			integer(0, 2 ** 32 - 1),
		)
		.option("--save-every <n>", "steps between saves (default: 500)", whole)
		.option("--encoding-cache <folder>", "store conditions for later epochs and runs: 0.24 MB per caption with ViT-L")
		.option("--resume", "continue the run in --out, exactly as if it had not stopped");
}

const SETTINGS = [
	...(["steps", "batchSize", "microBatchSize", "learningRate", "warmupSteps", "weightDecay"] as const),
	...(["dropout", "layers", "encodeRatio", "seed"] as const),
] satisfies readonly (keyof TrainingSettings)[];

/** The options that are settings of the training, as `trainAdapter` takes them. */
export function trainingSettings(options: TrainingOptions): Partial<TrainingSettings> {
	const settings: Partial<Record<(typeof SETTINGS)[number], number>> = {};
	for (const name of SETTINGS) {
		const value = options[name];
		if (value !== undefined) settings[name] = value;
	}
	return settings;
}
