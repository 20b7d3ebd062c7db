import { ArgumentError } from "@drum/tensor";
import type { Command } from "commander";
import { chatModel } from "../../evaluation/chat.ts";
import { evaluationRuns } from "../../evaluation/packages.ts";
import { work } from "../../evaluation/work.ts";
import { addWorkOptions, type WorkOptions } from "../../options/evaluation.ts";
import { addModelOptions } from "../../options/model.ts";
import { addOutput } from "../../options/output.ts";
import { jsonText } from "../../printable.ts";
import { Progress } from "../../progress.ts";
import type { Surroundings } from "../../surroundings.ts";

export function addWorker(program: Command, around: Surroundings): void {
	const command = program
		.command("worker")
		.description("measure units of a run in a database, together with other machines");
	addOutput(addModelOptions(addWorkOptions(command)))
		.addHelpText("after", EXAMPLES)
		.action((options: WorkOptions) => worker(options, around));
}

async function worker(options: WorkOptions, around: Surroundings): Promise<void> {
	const { stdout, env, signal } = around;
	const url = options.database ?? (env.DATABASE_URL || undefined);
	if (url === undefined) {
		const next = "A run in a folder is measured by drum eval run alone";
		throw new ArgumentError({ what: "--database", expected: "a Postgres server's URL", found: "none", next });
	}
	const progress = new Progress(around, options.quiet);
	const { RunStore } = await evaluationRuns();
	try {
		await using store = await RunStore.open({ url });
		const settings = await store.settings();
		if (!settings) {
			const next = "Begin one with drum eval run --database";
			throw new ArgumentError({ what: "the database", expected: "a run", found: "none", next });
		}
		const models = options.model ?? settings.models;
		if (models.length !== settings.models.length) {
			const expected = `one for each of the run's: ${settings.models.join(", ")}`;
			throw new ArgumentError({ what: "--model", expected, found: String(models.length) });
		}
		const { adapters = settings.adapters, clip = settings.clip, recording = "calls.jsonl" } = options;
		const chat = settings.chat === null ? undefined : await chatModel(recording, settings.chat, around);
		const measured = await work({
			...{ store, settings, chat, options, progress, signal },
			sources: { models, adapters, clip },
		});
		const document = { measured, units: await store.unitCount() };
		const text = `${measured} units measured here, ${document.units} in all\n`;
		stdout.write(options.json ? jsonText(document) : text);
	} finally {
		progress.end();
	}
}

const EXAMPLES = `
The worker takes the run's settings from the database. If the models are in other places on this machine, name them with --model,
--adapters and --clip; weights other than those the run started with are refused. The worker stops when the run is finished.

Example:
  drum eval worker --database postgres://drum@db/pip --device cuda
`;
