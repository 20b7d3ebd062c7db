import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../api/index.ts";
import { storeProfileFile } from "../store/profile-files.ts";
import { storeProfile } from "../store/profiles.ts";
import { addUser, removeUser } from "../store/users.ts";
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
		expect(cookie).toMatch(/^drum_token=[\w-]{43};.*HttpOnly.*SameSite=Strict/);
		expect(cookie).not.toContain("Secure");
		const sent = { cookie: cookie.split(";")[0]! };
		expect((await shared.send("GET /api/session", { headers: sent })).body).toMatchObject({ user: { name: "ann" } });
		const out = await shared.send("DELETE /api/session", { headers: { ...sent, "sec-fetch-site": "same-origin" } });
		expect(String(out.headers["set-cookie"])).toMatch(/^drum_token=;.*Expires=Thu, 01 Jan 1970/);
		const proxied = { "x-forwarded-proto": "https" };
		const secure = await shared.send("POST /api/session", { json: { token }, headers: proxied });
		expect(String(secure.headers["set-cookie"])).toContain("Secure");
		expect((await shared.send("POST /api/session", { json: { token: "wrong" } })).status).toBe(401);
	});

	test("a cookie changes nothing for a page of another site", async () => {
		const json = { name: "x" };
		const send = (headers: Record<string, string>) =>
			shared.send("POST /api/histories", { json, headers: { cookie: `drum_token=${token}`, ...headers } });
		expect((await send({})).status).toBe(403);
		expect((await send({ origin: "https://evil.example" })).status).toBe(403);
		expect((await send({ origin: "null" })).status).toBe(403);
		expect((await send({ "sec-fetch-site": "same-site" })).status).toBe(403);
		expect((await send({ "sec-fetch-site": "cross-site", origin: "http://localhost:3000" })).status).toBe(403);
		expect((await send({ origin: "http://localhost:3000" })).status).toBe(201);
		expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(201);
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

	test("tokens are not in the database", async () => {
		const rows = await service.store.kysely.selectFrom("tokens").selectAll().execute();
		expect(rows.map(({ hash }) => hash.length)).toEqual(rows.map(() => 32));
		expect(JSON.stringify(rows.map(({ hash }) => [...hash]))).not.toContain(JSON.stringify([...Buffer.from(token)]));
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
		...{ userId: user.id, historyId: history.id, model: "tiny", key: "k", readAt: new Date().toISOString() },
		...{ view: { picks: [], map: [], variance: [0, 0] }, warnings: [] },
	});
	await storeProfileFile(service.store, profile!, Uint8Array.of(1, 2, 3), new AbortController().signal);
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
		["GET /api/profiles/:", [profile!]],
		["GET /api/profiles/:/file", [profile!]],
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
	expect((await ann.send(`GET /api/profiles/${profile}`)).body).toMatchObject({ id: profile, current: false });
	const file = await ann.send(`GET /api/profiles/${profile}/file`);
	expect(file).toMatchObject({
		status: 200,
		headers: { "content-disposition": `attachment; filename="profile-${profile}.safetensors"` },
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
