import { chmod, lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CHEAP_FOLDER } from "@drum/test-files/cheap-folder";
import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { type Database, dumpTables, openDatabase } from "./index.ts";

const root = await mkdtemp(join(CHEAP_FOLDER, "private-"));
const before = process.umask(0);
afterEach(() => rm(root, { recursive: true, force: true }));

const first = {
	up: async (db: Database<unknown>["kysely"]) => void (await sql`create table things (word text)`.execute(db)),
};
const open = (folder: string) => openDatabase<unknown>({ folder }, { migrations: { "0001": first } });

/** What is in a folder, itself included, that others than its owner may do something with. */
async function shared(folder: string): Promise<string[]> {
	const paths = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
	const found: string[] = [];
	for (const path of [folder, ...paths]) if (((await lstat(path)).mode & 0o077) !== 0) found.push(path);
	return found;
}

// Windows has no modes.
describe.runIf(process.platform !== "win32")("of a database's files nothing is for others than their owner", () => {
	process.umask(0);
	test("when it is new, when it was made by an earlier version, and of its dump", async () => {
		try {
			const folder = join(root, "data");
			const dump = join(root, "dump");
			{
				await using database = await open(folder);
				await dumpTables(database, ["things"], dump);
				expect(await shared(folder)).toEqual([]);
			}
			expect((await lstat(dump)).mode & 0o777).toBe(0o600);
			const paths = await readdir(folder, { recursive: true });
			for (const name of paths) {
				const path = join(folder, name);
				await chmod(path, (await lstat(path)).isDirectory() ? 0o755 : 0o666);
			}
			await chmod(folder, 0o755);
			await using database = await open(folder);
			await sql`insert into things values ('a star')`.execute(database.kysely);
			expect(await shared(folder)).toEqual([]);
		} finally {
			process.umask(before);
		}
	});
});
