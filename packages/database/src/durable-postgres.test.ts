import fs from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { DurablePostgres } from "./durable-postgres.ts";

// Oracle: what reaches Node's own calls of the system, which are stood in for here, before any disk.

const real = { fsyncSync: fs.fsyncSync, writeSync: fs.writeSync };
/** Inodes of the files and folders that were brought to the disk. */
let synced: number[] = [];
const inode = (path: string) => fs.statSync(path).ino;
let failure: { on: "fsync" | "write"; code: string } | undefined;

function failing(on: "fsync" | "write"): void {
	if (failure?.on === on) throw Object.assign(new Error(`${failure.code}: made up`), { code: failure.code });
}

beforeAll(() => {
	fs.fsyncSync = (descriptor) => {
		failing("fsync");
		synced.push(fs.fstatSync(descriptor).ino);
		real.fsyncSync(descriptor);
	};
	fs.writeSync = ((...args: Parameters<typeof real.writeSync>) => {
		failing("write");
		return real.writeSync(...args);
	}) as typeof real.writeSync;
	syncBuiltinESMExports();
});
afterAll(() => {
	Object.assign(fs, real);
	syncBuiltinESMExports();
});

const root = await mkdtemp(join(tmpdir(), "durable-"));
const folder = join(root, "postgres");
afterAll(() => rm(root, { recursive: true }));
let postgres: DurablePostgres;
beforeEach(async () => {
	postgres = await DurablePostgres.open(folder);
	await postgres.exec("create table if not exists words (word text)");
	synced = [];
});
afterEach(async () => {
	failure = undefined;
	if (!postgres.closed) await postgres.close();
});

const insert = (word: string) => postgres.query("insert into words values ($1)", [word]);

it("is made whole, or not at all", async () => {
	await postgres.close();
	const other = join(root, "other");
	failure = { on: "fsync", code: "EIO" };
	await expect(DurablePostgres.open(other)).rejects.toThrow();
	expect(await readdir(root)).not.toContain("other");
	failure = undefined;
	synced = [];
	const made = await DurablePostgres.open(other);
	await made.close();
	for (const path of [root, other, join(other, "PG_VERSION"), join(other, "base/1/1259")])
		expect(synced).toContain(inode(path));
	expect(await readdir(root)).not.toContain("other.new");
});

it("brings the log to the disk once a commit", async () => {
	await insert("one");
	expect(synced).toHaveLength(1);
	const log = fs.readdirSync(join(folder, "pg_wal")).map((file) => inode(join(folder, "pg_wal", file)));
	expect(log).toContain(synced[0]);
	await postgres.transaction(async (transaction) => {
		for (const word of ["two", "three"]) await transaction.query("insert into words values ($1)", [word]);
		expect(synced).toHaveLength(1);
	});
	expect(synced).toHaveLength(2);
});

it("brings nothing to the disk for a query that reads, or where a commit need not be kept", async () => {
	await postgres.query("select * from words");
	expect(synced).toEqual([]);
	await postgres.exec("set synchronous_commit = off; insert into words values ('may be lost')");
	expect(synced).toEqual([]);
});

it("brings files and their folders to the disk at a checkpoint", async () => {
	await postgres.exec("create table others (word text); insert into others values ('any')");
	const { rows } = await postgres.query<{ path: string }>("select pg_relation_filepath('others') as path");
	await postgres.exec("checkpoint");
	expect(synced).toContain(inode(join(folder, rows[0]!.path)));
	expect(synced).toContain(inode(join(folder, "pg_xact")));
});

it.each([
	["fsync", "EIO", "I/O error"],
	["write", "ENOSPC", "No space left on device"],
] as const)(
	"says so when the disk fails at %s, stays down, and has at its next start what was committed",
	async (on, code, found) => {
		await insert(`before ${code}`);
		failure = { on, code };
		const refusal = { code: "file", what: folder, found: expect.stringContaining(found) };
		await expect(insert(`during ${code}`)).rejects.toMatchObject(refusal);
		failure = undefined;
		await expect(insert(`after ${code}`)).rejects.toMatchObject(refusal);
		await expect(postgres.transaction(async () => {})).rejects.toMatchObject(refusal);
		await postgres.close();
		postgres = await DurablePostgres.open(folder);
		const { rows } = await postgres.query("select word from words where word like '%' || $1", [code]);
		expect(rows).toContainEqual({ word: `before ${code}` });
		expect(rows).not.toContainEqual({ word: `after ${code}` });
	},
);

it("leaves the exit code of the process to it", async () => {
	process.exitCode = 3;
	await postgres.close();
	expect(process.exitCode).toBe(3);
	process.exitCode = undefined;
});

it("whose files are damaged is refused", async () => {
	await postgres.close();
	const damaged = join(root, "damaged");
	fs.cpSync(folder, damaged, { recursive: true });
	fs.writeFileSync(join(damaged, "global/pg_control"), Buffer.alloc(8192, 7));
	await expect(DurablePostgres.open(damaged)).rejects.toMatchObject({ code: "file", what: damaged });
});
