import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
	const empty = join(root, "empty");
	let making: Promise<void> | undefined;
	async function makeEmpty(): Promise<void> {
		await (await openDatabase({ folder: empty }, { migrations: {} }))[Symbol.asyncDispose]();
	}
	return {
		postgres,
		async create(kind) {
			if (kind === "server") return { url: await postgres.createDatabase() };
			// A copy of an empty database is there in a tenth of the time that it takes to make one.
			making ??= makeEmpty();
			await making;
			const folder = await mkdtemp(join(root, "each-"));
			await cp(empty, folder, { recursive: true });
			return { folder };
		},
		async [Symbol.asyncDispose]() {
			await postgres[Symbol.asyncDispose]();
			await rm(root, { recursive: true });
		},
	};
}
