import { createServer } from "node:net";
import { inspect } from "node:util";
import { sql } from "kysely";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { type Database, isOutOfReach, openDatabase } from "./index.ts";
import { openPlaces } from "./testing/places.ts";

const places = await openPlaces();
afterAll(() => places[Symbol.asyncDispose]());
const opened: Database<unknown>[] = [];
afterEach(async () => {
	for (const database of opened.splice(0)) await database[Symbol.asyncDispose]();
});

async function open(url: string): Promise<Database<unknown>> {
	const database = await openDatabase<unknown>({ url }, { migrations: {} });
	opened.push(database);
	return database;
}

async function newUrl(): Promise<string> {
	const place = await places.create("server");
	return "url" in place ? place.url : "";
}

/** The URL with another user. */
function as(url: string, username: string, password: string): string {
	return Object.assign(new URL(url), { username, password }).href;
}

/** The error with all that it brings along, as a log would show it. */
async function failure(opening: Promise<unknown>): Promise<{ error: unknown; text: string }> {
	const error = await opening.then(
		() => undefined,
		(error: unknown) => error,
	);
	return { error, text: inspect(error, { depth: 9, showHidden: true }) };
}

const SECRET = "s3cret%40word";

it.each([
	["another kind of URL", `mysql://me:${SECRET}@localhost/db`],
	["something that is no URL", `postgres://me:${SECRET}@local host:port:1/db`],
	["no URL at all", `me:${SECRET}`],
])("%s is refused, and its password not repeated", async (_, url) => {
	const { error, text } = await failure(open(url));
	expect(error).toMatchObject({ code: "argument", what: "the database's URL" });
	expect(text).not.toMatch(/s3cret/);
});

it("a server that is not there is out of reach, for now", async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.on("listening", resolve));
	const { port } = server.address() as { port: number };
	await new Promise((resolve) => server.close(resolve));
	const { error, text } = await failure(open(`postgres://me:${SECRET}@127.0.0.1:${port}/db`));
	expect(error).toMatchObject({ code: "download", what: expect.stringContaining(`127.0.0.1:${port}`) });
	expect(text).not.toMatch(/s3cret/);
	await expect(open(`postgres://me:${SECRET}@no-such-host.invalid/db`)).rejects.toMatchObject({ code: "download" });
});

it("a wrong password, none, and an unknown user are told", async () => {
	await places.postgres.run("create role guarded login password 'right'");
	const url = await newUrl();
	for (const [user, password] of [
		["guarded", "s3cret-wrong"],
		["guarded", ""],
		["nobody-here", "s3cret"],
	] as const) {
		const { error, text } = await failure(open(as(url, user, password)));
		expect(error).toMatchObject({ code: "argument", next: "Check both in the database's URL" });
		expect(text).not.toMatch(/s3cret/);
	}
});

it("a database that is not there is told", async () => {
	const url = (await newUrl()).replace(/test_\d+/, "no_such");
	await expect(open(url)).rejects.toMatchObject({ code: "argument", found: expect.stringContaining("no_such") });
});

it("a user who may make tables, and nothing else, is enough", async () => {
	await places.postgres.run("create role plain login password 'plain'");
	const url = await newUrl();
	await places.postgres.run(`alter database ${new URL(url).pathname.slice(1)} owner to plain`);
	const { kysely } = await open(as(url, "plain", "plain"));
	expect((await sql`select current_user as me`.execute(kysely)).rows).toEqual([{ me: "plain" }]);
});

it("a query works after the server has dropped all connections, and none of them ends the process", async () => {
	const { kysely } = await open(await newUrl());
	await Promise.all([1, 2, 3].map(() => sql`select pg_sleep(0.05)`.execute(kysely)));
	await places.postgres.crash();
	await places.postgres.start();
	await vi.waitFor(async () => {
		expect((await sql`select 1 as one`.execute(kysely)).rows).toEqual([{ one: 1 }]);
	}, 10_000);
});

it("a transaction whose server goes away between two of its queries fails, and the process goes on", async () => {
	const { kysely } = await open(await newUrl());
	const failing = kysely.transaction().execute(async (transaction) => {
		await sql`create table half ()`.execute(transaction);
		await places.postgres.crash();
		await expect(sql`select 1`.execute(kysely)).rejects.toSatisfy(isOutOfReach);
		await places.postgres.start();
		await sql`select 1`.execute(transaction);
	});
	await expect(failing).rejects.toSatisfy(isOutOfReach);
	await expect(sql`select nothing`.execute(kysely)).rejects.not.toSatisfy(isOutOfReach);
	expect((await sql`select to_regclass('half') as half`.execute(kysely)).rows).toEqual([{ half: null }]);
});

it("a listener hears again after its connection was lost, and is told of the gap each time", async () => {
	const database = await open(await newUrl());
	const heard: string[] = [];
	let gaps = 0;
	const stop = await database.listen(
		"channel",
		(payload) => heard.push(payload),
		() => {
			gaps += 1;
		},
	);
	await database.notify("channel", "before");
	await vi.waitFor(() => expect(heard).toEqual(["before"]));
	expect(gaps).toBe(0);

	await places.postgres.run(
		"select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'drum listener'",
	);
	await vi.waitFor(() => expect(gaps).toBe(1), 10_000);
	await places.postgres.crash();
	await places.postgres.start();
	await vi.waitFor(() => expect(gaps).toBe(2), 20_000);
	await vi.waitFor(() => database.notify("channel", "after"), 10_000);
	await vi.waitFor(() => expect(heard).toContain("after"));

	await stop();
	const listeners = "select count(*) from pg_stat_activity where application_name = 'drum listener'";
	await vi.waitFor(async () => expect(await places.postgres.run(listeners)).toBe("0"));
});

it("closing ends all connections, those of listeners too, also while they are connecting again", async () => {
	const url = await newUrl();
	const database = await open(url);
	await database.listen("channel", () => {});
	await places.postgres.crash();
	await database[Symbol.asyncDispose]();
	await places.postgres.start();
	const clients = "select count(*) from pg_stat_activity where application_name like 'drum%'";
	expect(await places.postgres.run(clients)).toBe("0");
});
