import { type DatabasePlace, JobQueue } from "@drum/database";
import type { Warning } from "@drum/tensor";
import { JOBS_QUEUE, type JobMessage } from "../store/channels.ts";
import type { Store } from "../store/open-store.ts";
import type { Tables } from "../store/tables.ts";
import type { Log } from "../worker/log.ts";
import { type ModelSource, type Models, openModels } from "../worker/models.ts";
import { openPlace } from "./open-place.ts";

export interface Parts extends AsyncDisposable {
	readonly store: Store;
	readonly queue: JobQueue<JobMessage>;
	readonly models: Models;
}

export interface PartsOptions {
	sources: readonly ModelSource[];
	previewVae?: string | undefined;
	env: NodeJS.ProcessEnv;
	log: Log;
}

/** Opens what servers and workers need; of what was opened before one of them failed, nothing stays open. */
export async function openParts(place: DatabasePlace, { sources, previewVae, env, log }: PartsOptions): Promise<Parts> {
	const opened: AsyncDisposable[] = [];
	const close = async () => {
		for (const part of opened.toReversed()) await part[Symbol.asyncDispose]();
	};
	const keep = <T extends AsyncDisposable>(part: T): T => {
		opened.push(part);
		return part;
	};
	try {
		// Quick to fail, and nothing is touched by it.
		const onWarning = (warning: Warning) => log.warn({ warning }, warning.message);
		const models = keep(await openModels(sources, { onWarning, previewVae }));
		const store = keep(await openPlace(place, env, log));
		const onError = (error: Error) => log.warn({ err: error }, "the job queue met an error");
		const queue = keep(await JobQueue.open<JobMessage, Tables>(store, JOBS_QUEUE, { onError }));
		return { models, store, queue, [Symbol.asyncDispose]: close };
	} catch (error) {
		await close();
		throw error;
	}
}
