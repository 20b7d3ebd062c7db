import { join } from "node:path";
import { DrumError, FileError } from "@drum/tensor";
import { PGliteDialect } from "kysely";
import pg from "pg";
import type { Backend } from "./backend.ts";
import { DurablePostgres } from "./durable-postgres.ts";
import { lockFolder } from "./folder-lock.ts";
import { makePrivateFolder } from "./private-files.ts";
import { queueOverPglite } from "./queue-over-pglite.ts";

/** Postgres in this process, its files in `folder`, which is this process's alone. */
export async function openEmbedded(folder: string): Promise<Backend> {
	const unlock = await lock(folder);
	try {
		const pglite = await DurablePostgres.open(join(folder, "postgres"));
		return {
			kind: "embedded",
			dialect: new PGliteDialect({ pglite }),
			queue: { db: queueOverPglite(pglite), backend: "pglite" },
			// Nothing is lost on the way: the notification is told by the very process that hears it.
			listen: (channel, onPayload) => pglite.listen(pg.escapeIdentifier(channel), onPayload),
			async [Symbol.asyncDispose]() {
				if (!pglite.closed) await pglite.close();
				await unlock();
			},
		};
	} catch (error) {
		await unlock();
		throw error;
	}
}

async function lock(folder: string): Promise<() => Promise<void>> {
	try {
		await makePrivateFolder(folder);
		return await lockFolder(join(folder, "lock"), folder);
	} catch (cause) {
		if (DrumError.is(cause)) throw cause;
		throw new FileError({
			what: folder,
			expected: "a folder that this process can write to",
			found: (cause as Error).message,
			next: "Give it to this user, or use another folder",
			cause,
		});
	}
}
