import { type Command, Option } from "commander";
import type { ModelSource } from "../worker/models.ts";
import { startWorker } from "../worker/worker.ts";
import { jobMinutesOption } from "./bounds.ts";
import { graceOption, stoppingText } from "./grace.ts";
import { createLogger, LOG_LEVELS, type LogLevel } from "./logger.ts";
import { addModelSources, PREVIEW_VAE_FLAG, PREVIEW_VAE_TEXT } from "./model-source.ts";
import { openParts } from "./open-parts.ts";
import { sharedPlaceOf } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";

interface WorkerOptions {
	model: readonly ModelSource[];
	previewVae?: string;
	log: LogLevel;
	grace: number;
	jobMinutes: number;
}

export function addWorker(program: Command, around: Surroundings): void {
	const command = program
		.command("worker")
		.description("Draws for servers that share its database, which DATABASE_URL names.");
	addModelSources(command, "; give servers and workers the same")
		.option(PREVIEW_VAE_FLAG, PREVIEW_VAE_TEXT)
		.addOption(
			new Option("--log <level>", "which messages are logged to standard output, as JSON")
				.choices(LOG_LEVELS)
				.default("info"),
		)
		.addOption(jobMinutesOption())
		.addOption(graceOption())
		.action((options: WorkerOptions) => work(options, around));
}

async function work(options: WorkerOptions, { env, say, stopped }: Surroundings): Promise<void> {
	// Listened for from now on: asked to stop while it opens, it opens and then closes in order.
	const stopping = stopped();
	const place = sharedPlaceOf(env);
	const log = createLogger(options.log);
	await using parts = await openParts(place, { sources: options.model, previewVae: options.previewVae, env, log });
	const { store, queue, models } = parts;
	const worker = await startWorker({ store, queue, models, log, jobMinutes: options.jobMinutes });
	say("Waiting for jobs");
	await stopping;
	say(stoppingText(options.grace));
	await worker.stop({ graceSeconds: options.grace });
}
