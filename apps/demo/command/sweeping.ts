import { deleteOldJobs } from "../store/old-jobs.ts";
import type { Store } from "../store/open-store.ts";
import type { Log } from "../worker/log.ts";

const OBJECTS_MS = 10_000;
const JOBS_MS = 3_600_000;

/** Removes objects that are named no more, again and again, until it is disposed of. */
export function keepSweeping({ objects }: Store, log: Pick<Log, "warn">): AsyncDisposable | undefined {
	if (!objects) return undefined;
	const onError = (err: unknown) => log.warn({ err }, "objects were not removed, and are later");
	return every(OBJECTS_MS, () => objects.sweep(), onError).running;
}

/** Deletes jobs that ended before so many days, now and every hour, until it is disposed of. */
export function keepDeleting(store: Store, days: number, log: Pick<Log, "warn">): AsyncDisposable {
	const onError = (err: unknown) => log.warn({ err }, "old jobs were not deleted");
	const { run, running } = every(JOBS_MS, () => deleteOldJobs(store, days), onError);
	run();
	return running;
}

/** A task that is done again and again, never twice at once; disposing of it waits for one that is under way. */
function every(ms: number, task: () => Promise<unknown>, onError: (error: unknown) => void) {
	let last: Promise<unknown> = Promise.resolve();
	const run = () => {
		last = last.then(task).catch(onError);
	};
	const timer = setInterval(run, ms);
	const running: AsyncDisposable = {
		async [Symbol.asyncDispose]() {
			clearInterval(timer);
			await last;
		},
	};
	return { run, running };
}
