import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { type DatabasePlace, openDatabase } from "./index.ts";
import { openFolders } from "./testing/places.ts";
import { runProcess } from "./testing/run-process.ts";

const folders = await openFolders();
afterAll(() => folders[Symbol.asyncDispose]());

const open = (place: DatabasePlace) => openDatabase<unknown>(place, { migrations: {} });

it("a folder that another process has open is refused, and that process named; when it ends the folder is free", async () => {
	const folder = await folders.createFolder();
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
	const folder = await folders.createFolder();
	await using database = await open({ folder });
	await expect(open({ folder })).rejects.toMatchObject({
		code: "file",
		found: expect.stringContaining("this process"),
	});
	expect((await sql`select 1 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }]);
});

it("nothing stays locked after an open that fails", async () => {
	const folder = await folders.createFolder();
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
