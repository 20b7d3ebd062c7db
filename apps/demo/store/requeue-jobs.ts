import type { JobQueue } from "@drum/database";
import type { JobMessage } from "./channels.ts";
import { unendedTurns } from "./jobs.ts";
import type { Store } from "./open-store.ts";

/** Puts into the queue what has not ended and is not there, as after a restored dump. */
export async function requeueJobs(store: Store, queue: JobQueue<JobMessage>): Promise<void> {
	for (const { id, turn } of await unendedTurns(store)) await queue.send({ jobId: id }, { id, priority: -turn });
}
