import { join } from "node:path";
import { JobQueue, openDatabase } from "@drum/database";
import { fill, fillEmpty } from "@drum/test-database";
import { JOBS_QUEUE, type JobMessage } from "../channels.ts";
import { openStore } from "../open-store.ts";
import type { Tables } from "../tables.ts";

const STORE = join(import.meta.dirname, "..");
/** What makes tables and queues. */
const SOURCES = ["migrations", "open-store.ts", "channels.ts"].map((name) => join(STORE, name));

/** Makes `folder` an embedded database of a service to which nothing has come: its tables and its queue are there, and empty. */
export function fillStore(folder: string): Promise<void> {
	return fill(folder, "store", SOURCES, async (folder) => {
		await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
		await using store = await openStore({ folder });
		const queue = await JobQueue.open<JobMessage, Tables>(store, JOBS_QUEUE);
		await queue.stop({ graceSeconds: 0 });
	});
}
