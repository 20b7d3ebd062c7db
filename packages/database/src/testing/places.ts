import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillEmpty } from "@drum/test-database";
import { startPostgres, type TestPostgres } from "@drum/test-postgres";
import { type DatabasePlace, openDatabase } from "../index.ts";

/** Makes places for databases, embedded ones and ones on a server, which are gone with it. */
export interface Places extends AsyncDisposable {
	readonly postgres: TestPostgres;
	create(kind: "embedded" | "server"): Promise<DatabasePlace>;
}

export async function openPlaces(): Promise<Places> {
	const postgres = await startPostgres();
	const root = await mkdtemp(join(tmpdir(), "database-"));
	return {
		postgres,
		async create(kind) {
			if (kind === "server") return { url: await postgres.createDatabase() };
			const folder = await mkdtemp(join(root, "each-"));
			await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
			return { folder };
		},
		async [Symbol.asyncDispose]() {
			await postgres[Symbol.asyncDispose]();
			await rm(root, { recursive: true });
		},
	};
}
