import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fillEmpty } from "@drum/test-database";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { startPostgres, type TestPostgres } from "@drum/test-postgres";
import { type DatabasePlace, openDatabase } from "../index.ts";

/** Makes folders of embedded databases, which are gone with it. */
export interface Folders extends AsyncDisposable {
	/** The folder of a new one. */
	createFolder(): Promise<string>;
}

/** Makes places for databases, embedded ones and ones on a server, which are gone with it. */
export interface Places extends AsyncDisposable {
	readonly postgres: TestPostgres;
	create(kind: "embedded" | "server"): Promise<DatabasePlace>;
}

export async function openFolders(): Promise<Folders> {
	const root = await mkdtemp(join(CHEAP_FOLDER, "database-"));
	return {
		async createFolder() {
			const folder = await mkdtemp(join(root, "each-"));
			await fillEmpty(folder, (folder) => openDatabase({ folder }, { migrations: {} }));
			return folder;
		},
		[Symbol.asyncDispose]: () => rm(root, { recursive: true }),
	};
}

export async function openPlaces(): Promise<Places> {
	const postgres = await startPostgres();
	const folders = await openFolders();
	return {
		postgres,
		create: async (kind) =>
			kind === "server" ? { url: await postgres.createDatabase() } : { folder: await folders.createFolder() },
		async [Symbol.asyncDispose]() {
			await postgres[Symbol.asyncDispose]();
			await folders[Symbol.asyncDispose]();
		},
	};
}
