import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Database, dumpTables, openDatabase, type RowsChange, restoreTables } from "./index.ts";
import { openPlaces } from "./testing/places.ts";

const places = await openPlaces();
const root = await mkdtemp(join(tmpdir(), "dump-"));
const path = join(root, "dump.jsonl.gz");
const opened: AsyncDisposable[] = [];
afterEach(async () => {
	for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
});
afterAll(async () => {
	await rm(root, { recursive: true });
	await places[Symbol.asyncDispose]();
});

const first = {
	async up(db: Kysely<unknown>) {
		await sql`create type mood as enum ('glad', 'sad')`.execute(db);
		await sql`
			create table "Owners" (id uuid primary key, "Full name" varchar(40))
		`.execute(db);
		await sql`
			create table things (
				id bigint generated always as identity primary key,
				owner uuid not null references "Owners",
				bytes bytea, big bigint, real_number real, number double precision, exact numeric, moment timestamptz,
				day date, took interval, data jsonb, feature real[], words text[], feeling mood, yes boolean, word text,
				doubled double precision generated always as (number * 2) stored
			)
		`.execute(db);
	},
};
const second = {
	async up(db: Kysely<unknown>) {
		await sql`alter table things add column later text not null default 'none'`.execute(db);
	},
};
const TABLES = ["Owners", "things"];

async function open(kind: "embedded" | "server", migrations: Record<string, typeof first> = { "0001": first }) {
	const database = await openDatabase<unknown>(await places.create(kind), { migrations });
	opened.push(database);
	return database;
}

/** Values at the edges of each type, as SQL. */
const ROWS = [
	`'\\x00ff0a5c27'::bytea, 9223372036854775807, 0.1, 0.1::float8 + 0.2::float8, 12345678901234567890.123456789,
		'2024-02-29 23:59:59.123456+05:30', '0044-03-15 BC', '1 mon -2 days 00:00:00.000001', '{"a": [1, null, "\\u00fc\\n"]}',
		'{0.1,-3e-38,16777216,NaN}', array['a,b', '"', null, ''], 'sad', true, e'line\\none, "quotes", \\\\ and \\u2028 😀'`,
	`''::bytea, -9223372036854775808, 'NaN', '-Infinity', 'NaN', 'infinity', '-infinity', '-1 year', 'null', '{0,-0,Infinity}',
		'{}', 'glad', false, ''`,
	"null, null, null, 5e-324, null, null, null, null, null, null, null, null, null, null",
	"decode(repeat('ab', 1500000), 'hex'), 0, 3.4e38, -0.0, 0, now(), now(), '0', '[]', null, null, null, null, repeat('x', 70000)",
];

async function fill({ kysely }: Database<unknown>): Promise<void> {
	await sql`insert into "Owners" values ('00000000-0000-4000-8000-000000000001', 'O''Brien')`.execute(kysely);
	for (const row of ROWS)
		await sql`
			insert into things (owner, bytes, big, real_number, number, exact, moment, day, took, data, feature, words, feeling, yes, word)
			select '00000000-0000-4000-8000-000000000001', ${sql.raw(row)}
		`.execute(kysely);
	await sql`
		insert into things (owner, word) select '00000000-0000-4000-8000-000000000001', 'row ' || n from generate_series(1, 5000) n
	`.execute(kysely);
	await sql`delete from things where word = 'row 7'`.execute(kysely);
}

/** All of both tables, as Postgres's own text. */
async function contentsOf({ kysely }: Database<unknown>): Promise<unknown> {
	return await kysely.transaction().execute(async (transaction) => {
		await sql`set local time zone 'Asia/Kolkata'`.execute(transaction);
		const contents: unknown[] = [];
		for (const table of TABLES) {
			const { rows } = await sql`select t::text as row from ${sql.table(table)} t order by id`.execute(transaction);
			contents.push(rows);
		}
		return contents;
	});
}

describe.each([
	["embedded", "server"],
	["server", "embedded"],
] as const)("a dump of a database, %s,", (from, to) => {
	it(`moves it to one, ${to}, exactly, and rows are numbered on there`, async () => {
		const [source, target] = [await open(from), await open(to)];
		await fill(source);
		const counts = { Owners: 1, things: 5003 };
		expect(await dumpTables(source, TABLES, path)).toEqual(counts);
		expect(await restoreTables(target, TABLES, path)).toEqual(counts);
		const [found, expected] = [await contentsOf(target), await contentsOf(source)];
		expect(found).toEqual(expected);
		const { rows } = await sql<{ id: string | number }>`
			insert into things (owner) select id from "Owners" returning id
		`.execute(target.kysely);
		expect(Number(rows[0]?.id)).toBe(5005);
	});

	it("of empty tables restores them, and the first row is number 1", async () => {
		const [source, target] = [await open(from), await open(to)];
		await dumpTables(source, TABLES, path);
		expect(await restoreTables(target, TABLES, path)).toEqual({ Owners: 0, things: 0 });
		await fill(target);
		const { rows } = await sql<{ id: string | number }>`select min(id) as id from things`.execute(target.kysely);
		expect(Number(rows[0]?.id)).toBe(1);
	});
});

it("a dump holds what its rows were changed to, and rows that were added", async () => {
	const [database, other] = [await open("embedded"), await open("embedded")];
	await fill(database);
	const change: RowsChange = async function* (rows) {
		for await (const row of rows) yield { ...row, "Full name": `${row["Full name"]}, changed` };
		yield { id: "00000000-0000-4000-8000-000000000002", "Full name": null };
	};
	expect(await dumpTables(database, TABLES, path, { change: { Owners: change } })).toMatchObject({ Owners: 2 });
	await restoreTables(other, TABLES, path);
	const { rows } = await sql`select "Full name" as name from "Owners" order by id`.execute(other.kysely);
	expect(rows).toEqual([{ name: "O'Brien, changed" }, { name: null }]);
	const unknown = dumpTables(database, TABLES, path, { change: { owners: change } });
	await expect(unknown).rejects.toMatchObject({ code: "argument" });
});

it("a dump on a server holds one moment, also of what is written meanwhile", async () => {
	const database = await open("server");
	await fill(database);
	let writing = true;
	const writer = (async () => {
		while (writing) {
			await database.kysely.transaction().execute(async (transaction) => {
				const owner = sql`insert into "Owners" select gen_random_uuid() returning id`;
				await sql`with owner as (${owner}) insert into things (owner) select id from owner`.execute(transaction);
			});
		}
	})();
	const counts = await dumpTables(database, TABLES, path);
	writing = false;
	await writer;
	// Each of the writer's owners has one thing; the one that was there before has the others.
	expect(counts.things! - 5003).toBe(counts.Owners! - 1);
});

describe("a dump is refused", () => {
	let whole: Buffer;
	/** As nothing is restored, it stays so. */
	let empty: Database<unknown>;
	beforeAll(async () => {
		const make = async () => openDatabase<unknown>(await places.create("server"), { migrations: { "0001": first } });
		await using database = await make();
		await fill(database);
		await dumpTables(database, TABLES, path);
		whole = await readFile(path);
		empty = await make();
	});
	afterAll(() => empty[Symbol.asyncDispose]());

	const lines = () => gunzipSync(whole).toString().split("\n");
	const zipped = (changed: string[]) => gzipSync(changed.join("\n"));

	it.each<[string, () => Buffer]>([
		["that is cut off", () => whole.subarray(0, whole.length / 2)],
		["that is cut off and zipped again", () => zipped(lines().slice(0, 100))],
		["that misses a line", () => zipped(lines().filter((_, i) => i !== 50))],
		["that has a line twice", () => zipped(lines().flatMap((line, i) => (i === 50 ? [line, line] : [line])))],
		["in which a letter has changed", () => zipped(lines().map((line) => line.replace("row 42", "row 43")))],
		["in which a bit of the zipped has changed", () => Buffer.from(whole).fill(whole[30_000]! ^ 1, 30_000, 30_001)],
		["that is no dump", () => Buffer.from("hello")],
		["that is a zip of something else", () => gzipSync("hello\n")],
		["that is empty", () => Buffer.of()],
		["of another version", () => zipped(lines().map((line) => line.replace('"version":1', '"version":2')))],
	])("%s, and nothing is restored", async (_, change) => {
		const changed = join(root, "changed");
		await writeFile(changed, change());
		await expect(restoreTables(empty, TABLES, changed)).rejects.toMatchObject({ code: "file", what: changed });
		expect(await contentsOf(empty)).toEqual([[], []]);
	});

	/** A dump of these contents and rows, with the right hash and counts, as somebody who means harm writes it. */
	const forged = (contents: object, rows: readonly unknown[]) => {
		const body = [contents, ...rows].map((line) => `${JSON.stringify(line)}\n`).join("");
		const tables = (contents as { tables?: unknown[] }).tables ?? [];
		const counts = tables.map((_, table) => rows.filter((row) => Array.isArray(row) && row[0] === table).length);
		const end = { rows: counts, sha256: createHash("sha256").update(body).digest("hex") };
		return gzipSync(`${body}${JSON.stringify(end)}\n`);
	};
	const contents = { format: "drum-tables", version: 1, migrations: ["0001"] };
	const owners = { name: "Owners", columns: ["id", "Full name"] };
	const setting = { name: "pg_db_role_setting", columns: ["setdatabase", "setrole", "setconfig"] };
	const id = "00000000-0000-4000-8000-000000000001";

	it.each<[string, object, readonly unknown[], RegExp]>([
		[
			"of a table of Postgres's own",
			{ tables: [owners, setting] },
			[[1, "0", "10", "{work_mem=1MB}"]],
			/pg_db_role_setting/,
		],
		["of a table that the program does not name", { tables: [{ name: "pictures", columns: ["id"] }] }, [], /pictures/],
		["that names a table twice", { tables: [owners, owners] }, [], /what it holds/],
		["that names no tables", {}, [], /what it holds/],
		[
			"that names a column with SQL in it",
			{ tables: [{ ...owners, columns: ["id", 'x") select 1;--'] }] },
			[],
			/columns/,
		],
		["with a row of a table that it does not have", { tables: [owners] }, [[7, id, null]], /no row of its tables/],
		["with a row of a negative table", { tables: [owners] }, [[-1, id, null]], /no row of its tables/],
		["with a row that is no list", { tables: [owners] }, [{ a: 1 }], /no row of its tables/],
		["with a row that is too long", { tables: [owners] }, [[0, id, null, null]], /no row of its tables/],
		["with a value that is no text", { tables: [owners] }, [[0, id, { a: 1 }]], /no row of its tables/],
		["with a value of another type", { tables: [owners] }, [[0, "no id", null]], /invalid input syntax for type uuid/],
		[
			"with a row that breaks a rule",
			{ tables: [owners] },
			[
				[0, id, null],
				[0, id, null],
			],
			/unique/,
		],
		["whose first line never ends", { tables: [owners], x: "a".repeat(2_000_000) }, [], /more than 1000000 bytes/],
	])("%s, in words, and nothing is restored", async (_, more, rows, found) => {
		const changed = join(root, "forged");
		await writeFile(changed, forged({ ...contents, ...more }, rows));
		const refused = restoreTables(empty, TABLES, changed);
		await expect(refused).rejects.toMatchObject({ code: "file", message: expect.stringMatching(found) });
		expect(await contentsOf(empty)).toEqual([[], []]);
	});

	it("that is not there", async () => {
		const missing = join(root, "missing");
		await expect(restoreTables(empty, TABLES, missing)).rejects.toMatchObject({
			code: "file",
			what: missing,
		});
	});

	it.each(["embedded", "server"] as const)(
		"by tables that are not empty, %s, which stay as they were",
		async (kind) => {
			const database = await open(kind);
			await sql`insert into "Owners" values ('00000000-0000-4000-8000-000000000002')`.execute(database.kysely);
			const before = await contentsOf(database);
			await expect(restoreTables(database, TABLES, path)).rejects.toMatchObject({
				code: "argument",
				what: 'table "Owners"',
			});
			expect(await contentsOf(database)).toEqual(before);
		},
	);

	it("of a newer program, and taken of an older one", async () => {
		const newer = await open("server", { "0001": first, "0002": second });
		await restoreTables(newer, TABLES, path);
		const { rows } = await sql`select distinct later from things`.execute(newer.kysely);
		expect(rows).toEqual([{ later: "none" }]);
		const of2 = join(root, "newer");
		await dumpTables(newer, TABLES, of2);
		const refused = restoreTables(empty, TABLES, of2);
		await expect(refused).rejects.toMatchObject({ code: "file", found: expect.stringContaining("0002") });
		expect(await contentsOf(empty)).toEqual([[], []]);
	});
});

it("a dump of a table that is not there is refused, and one that cannot be written leaves nothing", async () => {
	const database = await open("server");
	const folder = await mkdtemp(join(root, "each-"));
	const dump = join(folder, "dump");
	await expect(dumpTables(database, ["Owners", "none"], dump)).rejects.toMatchObject({
		code: "argument",
		what: 'table "none"',
	});
	await writeFile(join(folder, "file"), "");
	await expect(dumpTables(database, TABLES, join(folder, "file/dump"))).rejects.toMatchObject({ code: "file" });
	expect(await readdir(folder)).toEqual(["file"]);
	expect(await contentsOf(database)).toEqual([[], []]);
});
