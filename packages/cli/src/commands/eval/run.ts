import { join } from "node:path";
import type { RunSettings } from "@drum/eval-runs";
import { ArgumentError } from "@drum/tensor";
import type { Command } from "commander";
import { chatModel } from "../../evaluation/chat.ts";
import { type EvaluationData, evaluationData } from "../../evaluation/data.ts";
import { checkModel } from "../../evaluation/model-check.ts";
import { evaluationRuns, tiny } from "../../evaluation/packages.ts";
import { placeOf } from "../../evaluation/place.ts";
import { work } from "../../evaluation/work.ts";
import { addRunOptions, type RunOptions } from "../../options/evaluation.ts";
import { checkFolder } from "../../output-folder.ts";

import { jsonText, printable } from "../../printable.ts";
import { Progress } from "../../progress.ts";
import type { Surroundings } from "../../surroundings.ts";

/** Of so many users the pictures are kept. */
const SHEETS = 4;

export function addRun(program: Command, around: Surroundings): void {
	const command = program.command("run").description("measure the paper's tables and figures, or continue a run");
	addRunOptions(command)
		.addHelpText("after", EXAMPLES)
		.action((options: RunOptions) => run(options, around));
}

async function run(options: RunOptions, around: Surroundings): Promise<void> {
	const { stdout, signal } = around;
	const { out } = options;
	const progress = new Progress(around, options.quiet);
	const { planOf, RunStore } = await evaluationRuns();
	try {
		const data = await evaluationData(options, progress, around);
		const settings = await settingsOf(options, data);
		if (planOf(settings).length === 0) {
			throw new ArgumentError({ what: "--tables and --figures", expected: "at least one", found: "none" });
		}
		await checkFolder(out);
		const chat = settings.chat === null ? undefined : await chatModel(recordingOf(options), settings.chat, around);
		const { models, adapters, clip } = settings;
		for (const model of models) await checkModel(model, settings, options, progress, signal);
		await using store = await RunStore.open(placeOf(options, out, around));
		await store.begin(settings, (onLeftOut) =>
			data.users((user) => {
				onLeftOut(user);
				progress.note(printable(`left out: ${user.place}: ${user.reason}`));
			}),
		);
		const sources = { models, adapters, clip };
		const measured = await work({ store, settings, sources, chat, options, progress, signal }).finally(() => {
			if (signal.aborted) progress.note("stopped after a whole unit: the same command continues");
		});
		const [units, users, leftOut] = [await store.unitCount(), await store.userCount(), await store.leftOut()];
		const document = { run: out, measured, units, users, leftOut };
		const text = `${out}: ${measured} units measured, ${document.units} in all\n`;
		stdout.write(options.json ? jsonText(document) : text);
		progress.note(`drum eval report ${out} writes the tables`);
	} finally {
		progress.end();
	}
}

/** What decides every number. */
async function settingsOf(options: RunOptions, data: EvaluationData): Promise<RunSettings> {
	const { ALPHAS, checkSettings, RATIOS } = await evaluationRuns();
	const own = data.kind === "tiny" ? await tiny() : undefined;
	const models = options.model ?? (own && [own.model]);
	if (!models) throw new ArgumentError({ what: "--model", expected: "a hub id or a folder", found: "none" });
	const asks = (["tv", "pmg", "viper"] as const).some((name) => options.methods.includes(name));
	const { users, ratio, seed, steps, guidanceScale, height, width, scheduler, tables, figures, methods } = options;
	return checkSettings({
		...{ data: data.text, paper: data.paper, weighted: data.weighted, alpha: options.alpha ?? data.alpha },
		...{ users: users ?? null, models, tables, figures, methods, ratio, seed },
		adapters: options.adapters ?? own?.adapters ?? "Burf/DrUM",
		clip: options.clip ?? own?.clip ?? "openai/clip-vit-large-patch14",
		...{ ratios: RATIOS, alphas: ALPHAS, sheets: SHEETS, chat: asks ? options.chatModel : null },
		...{ steps: steps ?? null, guidanceScale: guidanceScale ?? null, scheduler: scheduler ?? null },
		...{ height: height ?? null, width: width ?? null },
	});
}

function recordingOf({ recording, out }: RunOptions): string {
	return recording ?? join(out, "calls.jsonl");
}

const EXAMPLES = `
A unit is one user with one method and one model. Finished units are stored and never measured again. Ctrl-C stops after the
current unit. Results are in the run's folder, or in the database of --database. With a database, drum eval worker measures
units on other machines too.

Examples:
  drum eval run --data tiny:3 --steps 5 --tables 2a,2b,3 --figures 3,7 --out out/tables
  drum eval run --data movielens:ml-latest-small --tmdb tmdb/ --model stable-diffusion-v1-5/stable-diffusion-v1-5 \\
    --methods plain,drum,fabric --users 50 --out out/movielens
  drum eval run --data pip:user_data --model stable-diffusion-v1-5/stable-diffusion-v1-5 \\
    --model stabilityai/stable-diffusion-xl-base-1.0 --database postgres://drum@db/pip --out out/pip
`;
