import { type Kysely, sql } from "kysely";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { type Database, type DatabasePlace, type OpenDatabaseOptions, openDatabase } from "./index.ts";
import { openPlaces } from "./testing/places.ts";

interface Tables {
	words: { word: string };
}

const places = await openPlaces();
afterAll(() => places[Symbol.asyncDispose]());
const opened: Database<Tables>[] = [];
afterEach(async () => {
	for (const database of opened.splice(0)) await database[Symbol.asyncDispose]();
});

const first = { up: (db: Kysely<unknown>) => db.schema.createTable("words").addColumn("word", "text").execute() };
const second = {
	async up(db: Kysely<unknown>) {
		await sql`insert into words values ('of the second migration')`.execute(db);
	},
};

type Migrations = OpenDatabaseOptions["migrations"];

async function open(place: DatabasePlace, migrations: Migrations = { "0001-first": first }): Promise<Database<Tables>> {
	const database = await openDatabase<Tables>(place, { migrations });
	opened.push(database);
	return database;
}

async function words(database: Database<Tables>): Promise<string[]> {
	const rows = await database.kysely.selectFrom("words").select("word").orderBy("word").execute();
	return rows.map(({ word }) => word);
}

describe.each(["embedded", "server"] as const)("a database, %s,", (kind) => {
	it("keeps what was written, and runs each migration once", async () => {
		const place = await places.create(kind);
		const database = await open(place);
		await database.kysely.insertInto("words").values({ word: "kept" }).execute();
		await database[Symbol.asyncDispose]();
		const migrations = { "0001-first": first, "0002-second": second };
		await (await open(place, migrations))[Symbol.asyncDispose]();
		expect(await words(await open(place, migrations))).toEqual(["kept", "of the second migration"]);
	});

	it("does not mix what is done at once with a transaction", async () => {
		const database = await open(await places.create(kind));
		const begun = Promise.withResolvers<void>();
		const failing = database.kysely.transaction().execute(async (transaction) => {
			await transaction.insertInto("words").values({ word: "in vain" }).execute();
			begun.resolve();
			await new Promise(setImmediate);
			throw new Error("enough");
		});
		await begun.promise;
		const beside = database.kysely.insertInto("words").values({ word: "beside" }).execute();
		await expect(failing).rejects.toThrow("enough");
		await beside;
		expect(await words(database)).toEqual(["beside"]);
	});

	it("tells all who listen when the transaction commits, and none when it does not", async () => {
		const database = await open(await places.create(kind));
		const heard: string[] = [];
		await database.listen("Some channel", (payload) => heard.push(payload));
		await database.kysely.transaction().execute(async (transaction) => {
			await database.notify("Some channel", "committed", transaction);
			await new Promise(setImmediate);
			expect(heard).toEqual([]);
		});
		const failing = database.kysely.transaction().execute(async (transaction) => {
			await database.notify("Some channel", "rolled back", transaction);
			throw new Error("enough");
		});
		await expect(failing).rejects.toThrow("enough");
		await database.notify("another channel", "not for this one");
		await database.notify("Some channel", "last");
		await vi.waitFor(() => expect(heard).toEqual(["committed", "last"]));
	});

	it("tells a listener that has stopped nothing more", async () => {
		const database = await open(await places.create(kind));
		const heard: string[] = [];
		const stop = await database.listen("a_channel", (payload) => heard.push(payload));
		const stopped = await database.listen("a_channel", () => heard.push("by another"));
		await stopped();
		await database.notify("a_channel", "heard");
		await vi.waitFor(() => expect(heard).toEqual(["heard"]));
		await stop();
		await database.notify("a_channel", "not heard");
		await new Promise((resolve) => setTimeout(resolve, 50));
		expect(heard).toEqual(["heard"]);
	});

	it("that a newer program has changed is refused", async () => {
		const place = await places.create(kind);
		const newer = await open(place, { "0001-first": first, "0002-second": second });
		await newer[Symbol.asyncDispose]();
		await expect(open(place)).rejects.toMatchObject({
			code: "argument",
			found: expect.stringContaining("0002-second"),
		});
		expect(await words(await open(place, { "0001-first": first, "0002-second": second }))).toHaveLength(1);
	});

	it("whose migration fails is left as it was, and opens later", async () => {
		const place = await places.create(kind);
		const failing = {
			async up(db: Kysely<unknown>) {
				await sql`create table half ()`.execute(db);
				throw new Error("a bad migration");
			},
		};
		await expect(open(place, { "0001-first": failing })).rejects.toThrow("a bad migration");
		const { kysely } = await open(place);
		expect((await sql`select to_regclass('half') as half`.execute(kysely)).rows).toEqual([{ half: null }]);
	});

	it("can be closed twice", async () => {
		const database = await open(await places.create(kind));
		await Promise.all([database[Symbol.asyncDispose](), database[Symbol.asyncDispose]()]);
		await database[Symbol.asyncDispose]();
	});
});

it("several who open one server's database at once migrate it once", async () => {
	const place = await places.create("server");
	const databases = await Promise.all(
		Array.from({ length: 6 }, () => open(place, { "0001-first": first, "0002-second": second })),
	);
	for (const database of databases) expect(await words(database)).toEqual(["of the second migration"]);
});
