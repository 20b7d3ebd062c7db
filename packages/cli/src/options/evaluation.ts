import type { RunSettings } from "@drum/eval-runs";
import type { SchedulerName } from "@drum/pipeline";
import { type Command, InvalidArgumentError, Option } from "commander";
import { pixels, schedulerOption } from "./drawing.ts";
import { addModelOptions, MODEL_FLAG, type ModelOptions } from "./model.ts";
import { integer, list, number, repeatable, within } from "./numbers.ts";
import { addOutput, type OutputOptions } from "./output.ts";
import { addRequired } from "./required.ts";

// The run's own lists, told here so that help does not wait for all that a run loads.
const TABLES: RunSettings["tables"] = ["2a", "2b", "3"];
const FIGURES: RunSettings["figures"] = ["3", "7"];
const METHODS: RunSettings["methods"] = ["plain", "drum", "fabric", "viper", "tv", "pmg"];

/** What a run and a worker share. */
export interface WorkOptions extends Omit<ModelOptions, "model">, OutputOptions {
	model?: string[];
	adapters?: string;
	clip?: string;
	database?: string;
	recording?: string;
}

export interface RunOptions extends WorkOptions {
	data: string;
	tables: RunSettings["tables"];
	figures: RunSettings["figures"];
	methods: RunSettings["methods"];
	users?: number;
	alpha?: number;
	ratio: number;
	seed: number;
	steps?: number;
	guidanceScale?: number;
	height?: number;
	width?: number;
	scheduler?: SchedulerName;
	tmdb?: string;
	chatModel: string;
	out: string;
}

/** An option that takes some of its choices, or `none`, and is `preset` when it is not given. */
function some<const T extends string>(flag: string, text: string, choices: readonly T[], preset: readonly T[]): Option {
	const one = (name: string): T => {
		const found = choices.find((choice) => choice === name.trim());
		if (found) return found;
		throw new InvalidArgumentError(`Expected some of ${choices.join(",")}, or none.`);
	};
	return new Option(flag, `${text}${choices.join(", ")}, or none`)
		.argParser((value: string) => (value === "none" ? [] : [...new Set(list(one)(value))]))
		.default([...preset], preset.join() || "none");
}

export const DATABASE_FLAG = "--database <url>";

export function addRunOptions(command: Command): Command {
	addRequired(command, "--data <source>", "movielens:<folder>, pip:<folder>, histories:<file.jsonl> or tiny[:users]");
	addRequired(command, "--out <folder>", "the run's folder; if it contains a run, only what is missing is measured");
	addWorkOptions(command)
		.addOption(some("--tables <list>", "", TABLES, TABLES))
		.addOption(some("--figures <list>", "", FIGURES, []))
		.addOption(some("--methods <list>", "Table 2's: ", METHODS, ["plain", "drum"]))
		.option("--users <n>", "how many users, from the first one on (default: all)", integer(1, Number.MAX_SAFE_INTEGER))
		.option("--alpha <a>", "DrUM's degree (default: 0.3; 0.1 for MovieLens)", number(0, 1))
		.option("--ratio <r>", "part of the history in the coreset", share, 0.1)
		.option("--seed <n>", "seed of samples and pictures", integer(0, 1_000_000_000), 42)
		.option("--steps <n>", "steps of a picture (default: the model's own)", integer(1, 1000))
		.option("--guidance-scale <g>", "weight of the prompt (default: the model's own)", number(0))
		.option("--height <pixels>", "height of a picture (default: the model's own)", pixels)
		.option("--width <pixels>", "width of a picture (default: the model's own)", pixels)
		.addOption(schedulerOption())
		.option(
			"--tmdb <folder>",
			"where TMDB's answers for MovieLens are kept; missing ones are fetched with TMDB_API_KEY",
		)
		.option(
			"--chat-model <name>",
			"the language model for tv, pmg and viper (OPENAI_API_KEY, OPENAI_BASE_URL)",
			"gpt-4o",
		);
	return addOutput(addModelOptions(command));
}

export function addWorkOptions(command: Command): Command {
	return command
		.option(MODEL_FLAG, "a model; repeat for several (default with tiny data: @drum/tiny's)", repeatable(String))
		.option("--adapters <id or folder>", "DrUM's adapters (default: Burf/DrUM)")
		.option("--clip <id or folder>", "the CLIP that scores (default: openai/clip-vit-large-patch14)")
		.option(DATABASE_FLAG, "a Postgres server that several machines can share (default: DATABASE_URL)")
		.option("--recording <file>", "file with the language model's answers (default: calls.jsonl in the run's folder)");
}

const share = within("a number above 0, up to 1", (value) => value > 0 && value <= 1);
