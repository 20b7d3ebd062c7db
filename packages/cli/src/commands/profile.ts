import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { addFormat, HISTORY_FLAG, HISTORY_TEXT, type HistoryOptions } from "../options/history.ts";
import { addLoras, checkLoras, type LoraChoices, loadLoras } from "../options/loras.ts";
import { addModelOptions, MODEL_FLAG, MODEL_TEXT, type ModelOptions, openModelEncoders } from "../options/model.ts";
import { addOutput, type OutputOptions } from "../options/output.ts";
import { addRequired } from "../options/required.ts";
import { addHalfLife, addSampling, coresetSeed, PROFILE_SHARE, type SamplingOptions } from "../options/sampling.ts";
import { checkFolder } from "../output-folder.ts";
import { checkReplaceable, writeProfile } from "../profile-output.ts";
import { Progress } from "../progress.ts";
import { readHistory } from "../read-history.ts";
import type { Surroundings } from "../surroundings.ts";

interface ProfileOptions extends ModelOptions, LoraChoices, HistoryOptions, SamplingOptions, OutputOptions {
	seed?: number;
	out: string;
	extend?: string;
	force?: true;
}

export function addProfile(program: Command, around: Surroundings): void {
	const command = program.command("profile").description("reduce a history of prompts to a profile, for drum generate");
	addRequired(command, MODEL_FLAG, MODEL_TEXT);
	addRequired(command, HISTORY_FLAG, HISTORY_TEXT);
	addRequired(command, "--out <file>", "the profile's file; an existing profile is replaced");
	addHalfLife(addSampling(addFormat(command), PROFILE_SHARE))
		.option("--seed <n>", "seed of the coreset's random draw (default: 42)", coresetSeed)
		.option("--force", "also replace a file that is not a profile")
		.option("--extend <file>", "a profile to add this history to");
	addOutput(addLoras(addModelOptions(command), "the text encoders, as in drum generate"))
		.addHelpText("after", EXAMPLES)
		.action((options: ProfileOptions) => profile(options, around));
}

async function profile(options: ProfileOptions, around: Surroundings): Promise<void> {
	const { signal } = around;
	const { ratio, size, halfLife, seed, out, force = false } = options;
	const { Profile, checkHistory, extendProfile, makeProfile } = await import("@drum/peca");
	const progress = new Progress(around, options.quiet);
	const history = await readHistory(options.history, options, around, progress);
	checkHistory(history);
	const old = options.extend === undefined ? undefined : await Profile.load(options.extend);
	await checkFolder(dirname(resolve(out)));
	const replaces = await checkReplaceable(out, force);
	try {
		await checkLoras(options, progress, signal);
		const { mix, loras } = await openModelEncoders(options, progress, signal);
		await loadLoras(options, (source, own) => loras.load(source, own), progress, signal);
		const { encoders } = loras.under();
		const making = {
			...(ratio !== undefined && { ratio }),
			...(size !== undefined && { size }),
			...(halfLife !== undefined && { halfLife }),
			seed,
			signal,
			onProgress: ({
				station,
				done,
				total,
			}: {
				station: "embeddings" | "coreset" | "profile";
				done: number;
				total: number;
			}) => progress.show(station, done, total),
		};
		const made = old
			? await extendProfile(mix, encoders, old, history, making)
			: await makeProfile(mix, encoders, history, making);
		await Promise.all(Object.values(encoders).map((encoder) => encoder.release()));
		signal.throwIfAborted();
		progress.warn(made.warnings);
		await writeProfile(made, { ...options, replaces }, { around, progress });
	} finally {
		progress.end();
	}
}

const EXAMPLES = `
Examples:
  drum profile --model ./my-model --history prompts.jsonl --out me.safetensors
  drum profile --model ./my-model --history ratings.csv --ratio 0.2 --out me.safetensors
  drum profile --model ./my-model --history dated.jsonl --half-life 30 --out me.safetensors
  drum profile --model ./my-model --history newer.jsonl --extend me.safetensors --out me.safetensors
  export-prompts | drum profile --model ./my-model --history - --format jsonl --out me.safetensors
`;
