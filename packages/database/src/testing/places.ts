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
	/** The folder of a new embedded one. */
	createFolder(): Promise<string>;
}

export async function openPlaces(): Promise<Places> {
	const postgres = await startPostgres();
	const root = await mkdtemp(join(tmpdir(), "database-"));
	const createFolder = async () => {
		const folder = await mkdtemp(join(root, "each-"));
		await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
		return folder;
	};
	return {
		postgres,
		createFolder,
		create: async (kind) =>
			kind === "server" ? { url: await postgres.createDatabase() } : { folder: await createFolder() },
		async [Symbol.asyncDispose]() {
			await postgres[Symbol.asyncDispose]();
			await rm(root, { recursive: true });
		},
	};
}
