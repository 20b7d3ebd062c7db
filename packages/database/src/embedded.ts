import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGliteDialect } from "kysely";
import { fromPglite } from "pg-boss";
import type { Backend } from "./backend.ts";

/** Postgres in this process, its files in `folder`. */
export async function openEmbedded(folder: string): Promise<Backend> {
	await mkdir(folder, { recursive: true });
	const pglite = await PGlite.create(join(folder, "postgres"), { extensions: { vector } });
	return {
		kind: "embedded",
		dialect: new PGliteDialect({ pglite }),
		queue: { db: fromPglite(pglite), backend: "pglite" },
		listen: (channel, onPayload) => pglite.listen(channel, onPayload),
		[Symbol.asyncDispose]: () => pglite.close(),
	};
}
