/** Run as a process of its own: a worker at the place in `argv[2]`, a JSON text. It tells how many pictures there are. */
import { JobQueue } from "@drum/database";
import { JOBS_CHANNEL, JOBS_QUEUE } from "../../store/channels.ts";
import { openStore } from "../../store/open-store.ts";
import type { Tables } from "../../store/tables.ts";
import { openModels } from "../models.ts";
import { startWorker } from "../worker.ts";
import { TINY } from "./tiny.ts";

const store = await openStore(JSON.parse(process.argv[2]!));
const queue = await JobQueue.open<{ jobId: string }, Tables>(store, JOBS_QUEUE, { heartbeatSeconds: 10 });
const models = await openModels([TINY]);
let told = 0;
await store.listen(JOBS_CHANNEL, async () => {
	const pictures = store.kysely.selectFrom("pictures").select(({ fn }) => fn.countAll().as("count"));
	const { count } = await pictures.executeTakeFirstOrThrow();
	for (; told < Number(count); told++) console.log("drawn");
});
await startWorker({ store, queue, models, log: { warn: () => {}, error: () => {} } });
console.log("working");
