import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { type DatabasePlace, openDatabase } from "./index.ts";
import { openPlaces } from "./testing/places.ts";
import { runProcess } from "./testing/run-process.ts";

const places = await openPlaces();
afterAll(() => places[Symbol.asyncDispose]());

const open = (place: DatabasePlace) => openDatabase<unknown>(place, { migrations: {} });

async function newFolder(): Promise<string> {
	const place = await places.create("embedded");
	return "folder" in place ? place.folder : "";
}

it("a folder that another process has open is refused, and that process named; when it ends the folder is free", async () => {
	const folder = await newFolder();
	const holder = runProcess("hold-process.ts", folder);
	await holder.printed("open");
	await expect(open({ folder })).rejects.toMatchObject({
		code: "file",
		what: folder,
		found: expect.stringContaining(`process ${holder.child.pid}`),
		next: expect.stringContaining(`kill ${holder.child.pid}`),
	});
	holder.child.stdin?.end();
	await holder.ended();
	await (await open({ folder }))[Symbol.asyncDispose]();
});

it("a folder that this process has open is refused", async () => {
	const folder = await newFolder();
	await using database = await open({ folder });
	await expect(open({ folder })).rejects.toMatchObject({
		code: "file",
		found: expect.stringContaining("this process"),
	});
	expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }]);
});

it("nothing stays locked after an open that fails", async () => {
	const folder = await newFolder();
	const failing = { up: () => Promise.reject(new Error("a bad migration")) };
	const failed = openDatabase({ folder }, { migrations: { "0001": failing } });
	await expect(failed).rejects.toThrow("a bad migration");
	await (await open({ folder }))[Symbol.asyncDispose]();
	await writeFile(join(folder, "postgres/global/pg_control"), "damaged");
	await expect(open({ folder })).rejects.toMatchObject({ code: "file" });
	expect(await readdir(join(folder, "lock"))).toEqual([]);
});

it("a place that is no folder is refused", async () => {
	const root = await mkdtemp(join(tmpdir(), "embedded-"));
	const file = join(root, "file");
	await writeFile(file, "");
	await expect(open({ folder: file })).rejects.toMatchObject({ code: "file", what: file });
	await rm(root, { recursive: true });
});

it("what was committed is there after the process was killed, at any time", async () => {
	const folder = await newFolder();
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
