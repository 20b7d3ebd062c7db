import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isLoopback } from "../server/guard.ts";
import { createServer } from "../server/server.ts";
import { requeueJobs } from "../store/requeue-jobs.ts";
import { listUsers } from "../store/users.ts";
import type { ModelSource } from "../worker/models.ts";
import { startWorker } from "../worker/worker.ts";
import {
	jobMinutesOption,
	jobPicturesOption,
	keepDaysOption,
	queueJobsOption,
	userJobsOption,
	userMegabytesOption,
} from "./bounds.ts";
import { type CaptionerChoice, captionerOption, openCaptioner } from "./captioner.ts";
import { graceOption, stoppingText } from "./grace.ts";
import { listen } from "./listen.ts";
import { createLogger, LOG_LEVELS, type LogLevel } from "./logger.ts";
import { addModelSources, PREVIEW_VAE_FLAG, PREVIEW_VAE_TEXT } from "./model-source.ts";
import { openParts } from "./open-parts.ts";
import { DATA_FLAG, DATA_TEXT, type PlaceOptions, placeOf } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";
import { keepDeleting, keepSweeping } from "./sweeping.ts";

interface ServeOptions extends PlaceOptions {
	host: string;
	port?: number;
	model: readonly ModelSource[];
	previewVae?: string;
	captioner?: CaptionerChoice;
	worker: boolean;
	auth?: true;
	log: LogLevel;
	logPrompts?: true;
	grace: number;
	jobMinutes: number;
	jobPictures: number;
	queueJobs: number;
	userJobs: number;
	userMegabytes: number;
	keepDays?: number;
}

const PAGE = fileURLToPath(new URL("../page/dist", import.meta.url));

export function addServe(program: Command, around: Surroundings): void {
	const command = program
		.command("serve", { isDefault: true })
		.description("Serves the page and the interface, and draws unless --no-worker.")
		.option("--host <address>", "where to listen; if other machines can reach it, tokens are required", "127.0.0.1")
		.option("--port <port>", "port to listen on (default: 3000, or the next free one)", parsePort)
		.option(DATA_FLAG, DATA_TEXT);
	addModelSources(command)
		.option(PREVIEW_VAE_FLAG, PREVIEW_VAE_TEXT)
		.addOption(captionerOption())
		.option("--no-worker", "do not draw; leave it to `worker` processes")
		.option("--auth", "require tokens on loopback too")
		.addOption(
			new Option("--log <level>", "which messages are logged to standard output, as JSON")
				.choices(LOG_LEVELS)
				.default("info"),
		)
		.option("--log-prompts", "include prompts in logs")
		.addOption(queueJobsOption())
		.addOption(userJobsOption())
		.addOption(jobPicturesOption())
		.addOption(jobMinutesOption())
		.addOption(userMegabytesOption())
		.addOption(keepDaysOption())
		.addOption(graceOption())
		.action((options: ServeOptions) => serve(options, around));
}

async function serve(options: ServeOptions, { env, say, stopped }: Surroundings): Promise<void> {
	// Listened for from now on: asked to stop while it opens, it opens and then closes in order.
	const stopping = stopped();
	const place = placeOf(options, env);
	const auth = options.auth ?? !isLoopback(options.host === "::1" ? "[::1]" : options.host);
	const log = createLogger(options.log);
	await using parts = await openParts(place, { sources: options.model, previewVae: options.previewVae, env, log });
	const { store, queue, models } = parts;
	await using _ = keepSweeping(store, log);
	const { jobMinutes } = options;
	await using captioner = await openCaptioner(options.captioner, options.model, env);
	const server = await createServer({
		...{ store, queue, models: models.list(), auth, log, page: PAGE, captioner: captioner.captioner },
		limits: {
			workOfJob: options.jobPictures,
			jobs: options.queueJobs,
			jobsOfUser: options.userJobs,
			bytesOfUser: options.userMegabytes * 1e6,
			keptDays: options.keepDays,
		},
		...{ logPrompts: options.logPrompts, metricsToken: env.DRUM_METRICS_TOKEN || undefined },
	});
	const deleting = options.keepDays === undefined ? undefined : keepDeleting(store, options.keepDays, log);
	try {
		await requeueJobs(store, queue);
		const worker = options.worker ? await startWorker({ store, queue, models, log, jobMinutes }) : undefined;
		say(`DrUM is at ${await listen(server, options.host, options.port)}`);
		if (auth && (await listUsers(store)).length === 0) say("Nobody can sign in yet: `user add <name>` makes a token");
		await stopping;
		say(stoppingText(options.grace));
		server.drain();
		await worker?.stop({ graceSeconds: options.grace });
	} finally {
		await deleting?.[Symbol.asyncDispose]();
		await server.close();
	}
}

function parsePort(text: string): number {
	const port = Number(text);
	if (/^\d+$/.test(text) && port <= 65_535) return port;
	throw new InvalidArgumentError("Expected a port from 0 to 65535; 0 takes any free one.");
}
