import type { JobQueue } from "@drum/database";
import type { JobMessage } from "./channels.ts";
import { unendedIds } from "./jobs.ts";
import type { Store } from "./open-store.ts";

/** Puts into the queue what has not ended and is not there, as after a restored dump. */
export async function requeueJobs(store: Store, queue: JobQueue<JobMessage>): Promise<void> {
	for (const id of await unendedIds(store)) await queue.send({ jobId: id }, { id });
}
