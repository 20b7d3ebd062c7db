import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { type DatabasePlace, openDatabase } from "./index.ts";
import { openFolders } from "./testing/places.ts";
import { runProcess } from "./testing/run-process.ts";

const folders = await openFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const open = (place: DatabasePlace) => openDatabase<unknown>(place, { migrations: {} });

it("what was committed is there after the process was killed, at any time", async () => {
	const folder = await folders.createFolder();
	let kept = 0;
	for (let round = 0; round < 4; round++) {
		const writer = runProcess("write-process.ts", folder);
		while (writer.lines.length === 0) await setTimeout(5);
		await setTimeout(Math.random() * 200);
		writer.child.kill("SIGKILL");
		await writer.ended();
		kept += writer.lines.length;
		await using database = await open({ folder });
		const { rows } = await sql<{ count: number; highest: number }>`
			select count(*)::int as count, max(number) as highest from rows
		`.execute(database.kysely);
		const { count, highest } = rows[0]!;
		expect(count).toBeGreaterThanOrEqual(kept);
		expect(highest).toBeGreaterThanOrEqual(Number(writer.lines.at(-1)));
		const missing = await sql`
			select n from unnest(${`{${writer.lines.join(",")}}`}::int[]) n where n not in (select number from rows)
		`.execute(database.kysely);
		expect(missing.rows).toEqual([]);
		kept = count;
	}
});

it("a folder opens after the process was killed while it made it", async () => {
	const root = await mkdtemp(join(tmpdir(), "embedded-"));
	const maker = runProcess("hold-process.ts", root);
	while (!(await readdir(root)).includes("postgres.new")) await setTimeout(5);
	await setTimeout(Math.random() * 1000);
	maker.child.kill("SIGKILL");
	await maker.ended();
	await using database = await open({ folder: root });
	expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }]);
	expect((await readdir(root)).sort()).toEqual(["lock", "postgres"]);
	await database[Symbol.asyncDispose]();
	await rm(root, { recursive: true });
});
