import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, Problem } from "../api/index.ts";
import { storeProfileFile } from "../store/profile-files.ts";
import { storeProfile } from "../store/profiles.ts";
import { addUser, listUsers, removeUser, replaceToken } from "../store/users.ts";
import { EventStream } from "./testing/event-stream.ts";
import { begin, draw } from "./testing/play-job.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
/** Asks for tokens. */
let shared: Client;
/** Asks for none. */
let local: Client;
let token: string;
let other: string;
beforeAll(async () => {
	service = await TestService.open();
	shared = await service.serve({ auth: true, metricsToken: "m" });
	local = await service.serve();
	({ token } = await addUser(service.store, "ann"));
	({ token: other } = await addUser(service.store, "bob"));
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

/** The cookie that a browser has after it signed in, as it sends it. */
async function signIn(client: Client, headers: Record<string, string> = {}, as = token): Promise<string> {
	const { headers: told } = await client.send("POST /api/session", { json: { token: as }, headers });
	return String(told["set-cookie"]).split(";")[0]!;
}

const PROBLEM = "application/problem+json; charset=utf-8";

describe("where tokens are asked for", () => {
	test("nothing of the interface but its description is told without one", async () => {
		const { paths } = (await shared.send<{ paths: Record<string, object> }>("GET /api/openapi.json")).body;
		const open = new Set(["post /api/session", "delete /api/session"]);
		for (const [path, methods] of Object.entries(paths).filter(([path]) => path.startsWith("/api"))) {
			for (const method of Object.keys(methods).filter((method) => !open.has(`${method} ${path}`))) {
				const url = path.replaceAll(/\{\w+\}/g, crypto.randomUUID());
				const answer = await shared.send(`${method.toUpperCase()} ${url}`);
				expect(answer, `${method} ${path}`).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" } });
			}
		}
	});

	test("a token is a user's, and none other is anybody's", async () => {
		const { body } = await shared.as(token).send("GET /api/session");
		expect(body).toMatchObject({ user: { name: "ann" }, auth: "token" });
		for (const wrong of ["", "x", token.slice(1), `${token}x`, other.slice(0, 20) + token.slice(20)])
			expect((await shared.as(wrong).send("GET /api/session")).status).toBe(401);
	});

	test("a browser signs in with a cookie that scripts and other sites cannot use, and out again", async () => {
		const signedIn = await shared.send("POST /api/session", { json: { token } });
		expect(signedIn).toMatchObject({ status: 200, body: { user: { name: "ann" } } });
		const cookie = String(signedIn.headers["set-cookie"]);
		expect(cookie).toMatch(/^drum_[\da-f]{8}=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Strict$/);
		expect(cookie).not.toContain(token);
		const sent = { cookie: cookie.split(";")[0]! };
		expect((await shared.send("GET /api/session", { headers: sent })).body).toMatchObject({ user: { name: "ann" } });
		const out = await shared.send("DELETE /api/session", { headers: { ...sent, "sec-fetch-site": "same-origin" } });
		expect(String(out.headers["set-cookie"])).toMatch(/^drum_[\da-f]{8}=;.*Expires=Thu, 01 Jan 1970/);
		expect((await shared.send("GET /api/session", { headers: sent })).status).toBe(401);
		expect((await shared.send("POST /api/session", { json: { token: "wrong" } })).status).toBe(401);
	});

	test("over TLS the cookie is this host's alone, and no other counts", async () => {
		const proxied = { "x-forwarded-proto": "https" };
		const cookie = await signIn(shared, proxied);
		expect(cookie).toMatch(/^__Host-drum_[\da-f]{8}=/);
		const status = async (headers: Record<string, string>) =>
			(await shared.send("GET /api/session", { headers: { ...proxied, ...headers } })).status;
		expect(await status({ cookie })).toBe(200);
		expect(await status({ cookie: await signIn(shared) })).toBe(401);
		expect(await status({ cookie: cookie.replace("__Host-", "") })).toBe(401);
		const out = await shared.send("DELETE /api/session", {
			headers: { ...proxied, cookie, origin: "http://localhost:3000" },
		});
		expect(String(out.headers["set-cookie"])).toMatch(/^__Host-drum_\w+=;.*Path=\/; .*HttpOnly; Secure/);
		expect(await status({ cookie })).toBe(401);
	});

	test("a session is the user's as long as it lasts, and the token is no session", async () => {
		const cookie = await signIn(shared);
		const status = async (cookie: string) => (await shared.send("GET /api/session", { headers: { cookie } })).status;
		expect(await status(cookie)).toBe(200);
		expect(await status(cookie.replace(/=.*/, `=${token}`))).toBe(401);
		expect((await shared.as(cookie.split("=")[1]!).send("GET /api/session")).status).toBe(401);
		await service.store.kysely
			.updateTable("sessions")
			.set({ ends_at: new Date(Date.now() - 1000) })
			.execute();
		expect(await status(cookie)).toBe(401);
		// The next sign-in clears away what has ended.
		await signIn(shared);
		const { count } = await service.store.kysely
			.selectFrom("sessions")
			.select(({ fn }) => fn.countAll().as("count"))
			.executeTakeFirstOrThrow();
		expect(Number(count)).toBe(1);
	});

	test("of a user's many sessions the newest last", async () => {
		const first = await signIn(shared);
		const second = await signIn(shared);
		for (let i = 0; i < 49; i++) await signIn(shared);
		const status = async (cookie: string) => (await shared.send("GET /api/session", { headers: { cookie } })).status;
		expect([await status(first), await status(second)]).toEqual([401, 200]);
	});

	test("a new token takes the place of the old one, and ends the user's sessions and nobody else's", async () => {
		const { token: old } = await addUser(service.store, "dave");
		const [cookie, kept] = [await signIn(shared, {}, old), await signIn(shared)];
		const fresh = await replaceToken(service.store, "dave");
		const status = async (headers: Record<string, string>) =>
			(await shared.send("GET /api/session", { headers })).status;
		expect(await status({ authorization: `Bearer ${old}` })).toBe(401);
		expect(await status({ cookie })).toBe(401);
		expect(await status({ authorization: `Bearer ${fresh}` })).toBe(200);
		expect(await status({ cookie: kept })).toBe(200);
		await expect(replaceToken(service.store, "nobody")).rejects.toMatchObject({ code: "argument" });
	});

	test("a stream of events ends with its session", async () => {
		const server = await service.serve({ auth: true, streams: { heartbeatMs: 20 } });
		const port = await server.listen();
		const [cookie, other] = [await signIn(server), await signIn(server)];
		const [stream, kept] = await Promise.all(
			[cookie, other].map((each) => EventStream.open(port, "/api/events", { cookie: each })),
		);
		expect(stream!.status).toBe(200);
		await server.send("DELETE /api/session", { headers: { cookie, origin: "http://localhost:3000" } });
		await stream!.ended;
		const job = await server.as(token).job();
		expect((await kept!.job(job.id)).id).toBe(job.id);
		kept!.close();
	});

	test("two services of one host do not sign each other out", async () => {
		await using second = await TestService.open();
		const other = await second.serve({ auth: true });
		const { token: theirs } = await addUser(second.store, "ann");
		const [here, there] = [await signIn(shared), await signIn(other, {}, theirs)];
		expect(here.split("=")[0]).not.toBe(there.split("=")[0]);
		// As a browser sends them: to each port those of all.
		const headers = { cookie: `${here}; ${there}`, origin: "http://localhost:3000" };
		for (const each of [shared, other]) expect((await each.send("GET /api/session", { headers })).status).toBe(200);
		await shared.send("DELETE /api/session", { headers });
		expect((await other.send("GET /api/session", { headers })).status).toBe(200);
		expect((await shared.send("GET /api/session", { headers })).status).toBe(401);
	});

	test("a cookie changes nothing for a page of another site", async () => {
		const json = { name: "x" };
		const cookie = await signIn(shared);
		const send = (headers: Record<string, string>) =>
			shared.send("POST /api/histories", { json, headers: { cookie, ...headers } });
		expect((await send({})).status).toBe(403);
		expect((await send({ origin: "https://evil.example" })).status).toBe(403);
		expect((await send({ origin: "null" })).status).toBe(403);
		expect((await send({ "sec-fetch-site": "same-site" })).status).toBe(403);
		expect((await send({ "sec-fetch-site": "cross-site", origin: "http://localhost:3000" })).status).toBe(403);
		expect((await send({ origin: "http://localhost:3000" })).status).toBe(201);
		expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(201);
	});

	test("a page behind proxies is the service's own, whatever they make of the host", async () => {
		const cookie = await signIn(shared);
		const from = (origin: string, headers: Record<string, string>) =>
			shared.send<Problem>("POST /api/histories", { json: { name: "x" }, headers: { cookie, origin, ...headers } });
		const inner = { host: "10.0.0.7:3000" };
		for (const [origin, headers] of [
			["http://box:8080", { host: "box:8080" }],
			["https://box", { host: "box:443" }],
			["https://box", { ...inner, "x-forwarded-host": "box" }],
			["http://box:8080", { ...inner, "x-forwarded-host": "box:8080, edge:80" }],
			["http://box:8080", { host: "box", "x-forwarded-port": "8080" }],
			["http://box:8080", { ...inner, "x-forwarded-host": "box", "x-forwarded-port": "8080, 80" }],
			["http://box:8080", { ...inner, forwarded: 'for=1.2.3.4;Host="box:8080";proto=http, for=5.6.7.8' }],
		] as const)
			expect((await from(origin, headers)).status, origin).toBe(201);
		const lost = await from("http://box:8080", { host: "box" });
		expect(lost).toMatchObject({
			status: 403,
			body: { detail: expect.stringMatching(/\(box\), found http:\/\/box:8080\./) },
		});
		for (const forwarded of ["evil.example.box", "", "a b"])
			expect((await from("http://evil.example", { host: "box", "x-forwarded-host": forwarded })).status).toBe(403);
	});

	test("the token of a user who was removed is nobody's, and what was theirs is gone", async () => {
		const { token: gone, user } = await addUser(service.store, "carol");
		await shared.as(gone).history();
		await removeUser(service.store, "carol");
		expect((await shared.as(gone).send("GET /api/histories")).status).toBe(401);
		const left = await service.store.kysely
			.selectFrom("histories")
			.select("id")
			.where("user_id", "=", user.id)
			.execute();
		expect(left).toEqual([]);
	});

	test("a wrong token is told apart from none", async () => {
		const wrong = { status: 401, body: { title: "This token is not known" } };
		expect(await shared.send("POST /api/session", { json: { token: "wrong" } })).toMatchObject(wrong);
		expect(await shared.as("wrong").send("GET /api/session")).toMatchObject(wrong);
		expect((await shared.send<Problem>("GET /api/session")).body.title).toBe("A token is needed");
	});

	test("names that look the same are one name; of those that are there already none goes by mistake", async () => {
		const [composed, apart] = ["Jos\u00e9", "Jose\u0301"];
		const names = async () => (await listUsers(service.store)).map(({ name }) => name);
		expect((await addUser(service.store, apart)).user.name).toBe(composed);
		await expect(addUser(service.store, composed)).rejects.toThrow("one that is free");
		// As names were kept before.
		await service.store.kysely.insertInto("users").values({ name: apart }).execute();
		await expect(removeUser(service.store, composed)).rejects.toThrow(/look the same: "Jos\\u00e9", "Jose\\u0301"/);
		await removeUser(service.store, '"Jose\\u0301"');
		expect(await names()).toContain(composed);
		await removeUser(service.store, apart);
		expect(await names()).not.toContain(composed);
	});

	test.each(["tokens", "sessions"] as const)("of %s only hashes are in the database", async (table) => {
		const secret = table === "tokens" ? token : (await signIn(shared)).split("=")[1]!;
		const rows = await service.store.kysely.selectFrom(table).select("hash").execute();
		expect(rows.map(({ hash }) => hash.length)).toEqual(rows.map(() => 32));
		const hash = createHash("sha256").update(secret).digest();
		expect(rows.map((row) => Buffer.from(row.hash).toString("hex"))).toContain(hash.toString("hex"));
	});

	test("the metrics have a token of their own", async () => {
		expect((await shared.as("m").send("GET /metrics")).status).toBe(200);
		expect((await shared.as(token).send("GET /metrics")).status).toBe(401);
		const closed = await service.serve({ auth: true });
		expect((await closed.as("undefined").send("GET /metrics")).status).toBe(404);
		expect((await local.send("GET /metrics")).status).toBe(200);
		for (const each of [shared, local]) expect((await each.send("GET /health/ready")).status).toBe(200);
	});
});

test("what is another user's is answered as what there is not, on every route", async () => {
	const [ann, bob] = [shared.as(token), shared.as(other)];
	const history = await ann.history();
	const job = await ann.job({ historyId: history.id });
	await draw(service.store, await begin(service.store, job.id));
	const { pictures } = (await ann.send<Job>(`GET /api/jobs/${job.id}`)).body;
	const { user } = (await ann.send<{ user: { id: string } }>("GET /api/session")).body;
	const profile = await storeProfile(service.store, {
		...{
			userId: user.id,
			historyId: history.id,
			model: "tiny",
			key: "k",
			readAt: new Date().toISOString(),
			removals: 0,
		},
		...{ view: { picks: [], map: [], variance: [0, 0] }, warnings: [] },
	});
	if (typeof profile === "string") throw new Error(profile);
	await storeProfileFile(service.store, profile.id, Uint8Array.of(1, 2, 3), new AbortController().signal);
	const json = { prompt: "x" };
	const routes: [string, string[], object?][] = [
		["GET /api/histories/:", [history.id]],
		["PATCH /api/histories/:", [history.id], { name: "x" }],
		["DELETE /api/histories/:", [history.id]],
		["POST /api/histories/:/entries", [history.id], { items: [json] }],
		["PATCH /api/histories/:/entries/:", [history.id, history.entries[0]!.id], json],
		["DELETE /api/histories/:/entries/:", [history.id, history.entries[0]!.id]],
		["GET /api/histories/:/entries/:/similar?model=tiny", [history.id, history.entries[0]!.id]],
		["GET /api/jobs/:", [job.id]],
		["POST /api/jobs/:/cancel", [job.id]],
		["DELETE /api/jobs/:", [job.id]],
		["GET /api/events?job=:", [job.id]],
		["GET /api/profiles/:", [profile.id]],
		["GET /api/profiles/:/file", [profile.id]],
		["GET /api/pictures/:.png", [pictures[0]!.id]],
	];
	const fill = (route: string, ids: readonly string[]) =>
		ids.reduce((text, id) => text.replace(/:(?!\/\/)/, id), route);
	for (const [route, ids, body] of routes) {
		const sent = body && { json: body };
		const foreign = await bob.send(fill(route, ids), sent);
		const none = await bob.send(
			fill(
				route,
				ids.map(() => crypto.randomUUID()),
			),
			sent,
		);
		expect(foreign, route).toMatchObject({ status: 404, headers: { "content-type": PROBLEM } });
		expect(foreign.body, route).toEqual(none.body);
	}
	const request = { kind: "profile", model: "tiny", historyId: history.id };
	expect((await bob.send("POST /api/jobs", { json: request })).status).toBe(404);
	const csv = { text: "prompt\nx\n", headers: { "content-type": "text/csv" } };
	expect((await bob.send(`POST /api/histories/${history.id}/import`, csv)).status).toBe(404);
	const mine = `/api/histories/${(await bob.history()).id}`;
	expect((await bob.send(`PATCH ${mine}/entries/${history.entries[0]!.id}`, { json })).status).toBe(404);
	for (const list of ["GET /api/histories", "GET /api/jobs"])
		expect(JSON.stringify((await bob.send(list)).body)).not.toMatch(new RegExp(`${history.id}|${job.id}`));
	// To its owner all of it is there still.
	expect((await ann.send(`GET /api/histories/${history.id}`)).body).toEqual(history);
	const { id } = profile;
	expect((await ann.send(`GET /api/profiles/${id}`)).body).toMatchObject({ id, current: false });
	const file = await ann.send(`GET /api/profiles/${id}/file`);
	expect(file).toMatchObject({
		status: 200,
		headers: { "content-disposition": `attachment; filename="profile-${id}.safetensors"` },
	});
});

describe("where no token is asked for", () => {
	test("only loopback names are answered to, so that no name of another's leads here", async () => {
		const status = async (host: string) => (await local.send("GET /api/session", { headers: { host } })).status;
		for (const host of ["localhost", "LOCALHOST:3000", "127.0.0.1:80", "127.8.8.8", "[::1]:3000"])
			expect(await status(host), host).toBe(200);
		for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.1", "a b"])
			expect(await status(host), host).toBe(403);
	});

	test("a page of another site changes nothing, and a program needs no header", async () => {
		const send = (headers: Record<string, string>) =>
			local.send("POST /api/histories", { json: { name: "x" }, headers });
		expect((await send({ origin: "http://localhost:8080" })).status).toBe(403);
		expect((await send({ origin: "http://evil.example", authorization: "Bearer x" })).status).toBe(403);
		expect((await send({ "sec-fetch-site": "cross-site" })).status).toBe(403);
		expect((await send({ origin: "http://localhost:3000" })).status).toBe(201);
		expect((await send({})).status).toBe(201);
	});
});
