import { PgBoss } from "pg-boss";
import { backendOf } from "./backend.ts";
import { endOrphans } from "./job-table.ts";
import type { Database } from "./open-database.ts";

/** How long a job may take at most, which is pg-boss's longest, and how long one that has ended is known by its id. */
const DAY_SECONDS = 86_400;
/** How often a server's queue is looked through for jobs whose workers are silent. */
const SUPERVISE_SECONDS = 2;

/** The queue of those that failed for good. */
export function failedName(queue: string): string {
	return `${queue}.failed`;
}

interface Settings {
	retryLimit: number;
	heartbeatSeconds: number;
	onError: (error: Error) => void;
}

/** Starts pg-boss on a database, with a queue and that of its failed jobs. */
export async function startBoss<Tables>(
	database: Database<Tables>,
	name: string,
	{ retryLimit, heartbeatSeconds, onError }: Settings,
): Promise<PgBoss> {
	const server = database.kind === "server";
	const boss = new PgBoss({
		...backendOf(database).queue,
		...(server && { superviseIntervalSeconds: SUPERVISE_SECONDS, monitorIntervalSeconds: SUPERVISE_SECONDS }),
		useListenNotify: true,
		schedule: false,
		registerInstance: false,
	});
	boss.on("error", (error) => onError(asError(error)));
	try {
		await boss.start();
		const all = { expireInSeconds: DAY_SECONDS, deleteAfterSeconds: DAY_SECONDS, notify: true };
		await set(boss, failedName(name), { ...all, retryLimit: 10, retryDelay: 1, retryBackoff: true });
		// The workers of an embedded database are in this process, which may be busy for longer than any heartbeat.
		const heartbeat = server ? heartbeatSeconds : null;
		await set(boss, name, { ...all, retryLimit, heartbeatSeconds: heartbeat, deadLetter: failedName(name) });
		for (const queue of [name, failedName(name)]) await endOrphans(database, boss, queue);
		return boss;
	} catch (error) {
		await boss.stop({ graceful: false });
		throw error;
	}
}

type QueueSettings = Parameters<PgBoss["updateQueue"]>[1];

/** Makes a queue, or changes the one that is there. */
async function set(boss: PgBoss, name: string, settings: QueueSettings): Promise<void> {
	if ((await boss.getQueue(name)) === null) await boss.createQueue(name);
	await boss.updateQueue(name, settings);
}

/** pg-boss tells some errors as plain objects. */
function asError(error: unknown): Error {
	if (error instanceof Error) return error;
	return Object.assign(new Error(String((error as { message?: unknown })?.message ?? error)), error);
}
