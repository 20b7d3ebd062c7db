/** Run as a process of its own: begins a job of the queue "words" in the database `argv[2]`, and never ends it. */
import { JobQueue, openDatabase } from "../index.ts";

const database = await openDatabase(JSON.parse(process.argv[2]!), { migrations: {} });
const queue = await JobQueue.open<object, unknown>(database, "words", { heartbeatSeconds: 10 });
await queue.work(async ({ id }) => {
	console.log(`begun ${id}`);
	await new Promise(() => {});
});
