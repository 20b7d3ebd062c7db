import { beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../api/index.ts";
import { openStore } from "../store/open-store.ts";
import { addUser, removeUser } from "../store/users.ts";
import { Client, hasEnded, QUICK, type Told } from "./client.ts";
import { expectRefused } from "./problems.ts";
import { afterFile, dataFolder, type RunningService, startService } from "./service.ts";

const afterwards = afterFile();
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
/** A named profile that there is none of. */
const UNKNOWN_CODE = "0000000000";
const ARGS = ["--auth"];
let data: string;
let service: RunningService;
let owner: Client;
let other: Client;
let tokens: { owner: string; other: string };
let historyId: string;
let entryId: string;
let namedId: string;
let job: Job;

beforeAll(async () => {
	data = await dataFolder(afterwards);
	{
		await using store = await openStore({ folder: data });
		tokens = { owner: (await addUser(store, "owner")).token, other: (await addUser(store, "other")).token };
	}
	service = await startService({ data, args: ARGS, afterwards });
	owner = new Client(service.address, tokens.owner);
	other = new Client(service.address, tokens.other);
	historyId = await owner.newHistory([{ prompt: "a blue star", intensity: 2 }]);
	entryId = (await owner.history(historyId)).entries[0]!.id;
	const named = { name: "mine", parts: [{ historyId }] };
	namedId = (await owner.must<{ id: string }>("POST", "/api/named-profiles", { json: named })).id;
	const { id } = await owner.submit({ ...QUICK, historyId, alphas: [0.5] });
	job = await owner.when(id, hasEnded);
	expect(job.status).toBe("done");
});

/** Every request that names a thing by its id, with all it needs to be done. */
function requests(): { pattern: string; method: string; path: string; json?: unknown; body?: string; type?: string }[] {
	const history = `/api/histories/${historyId}`;
	const entry = `${history}/entries/${entryId}`;
	const named = `/api/named-profiles/${namedId}`;
	const json = "application/json";
	return [
		{ pattern: "/api/histories/{id}", method: "GET", path: history },
		{ pattern: "/api/histories/{id}", method: "PATCH", path: history, json: { name: "taken" } },
		{
			pattern: "/api/histories/{id}/entries",
			method: "POST",
			path: `${history}/entries`,
			json: { items: [{ prompt: "x" }] },
		},
		{
			pattern: "/api/histories/{id}/import",
			method: "POST",
			path: `${history}/import`,
			body: "prompt\nx",
			type: "text/csv",
		},
		{ pattern: "/api/histories/{id}/entries/{entryId}", method: "PATCH", path: entry, json: { intensity: 9 } },
		{ pattern: "/api/histories/{id}/entries/{entryId}/similar", method: "GET", path: `${entry}/similar?model=tiny` },
		{ pattern: "/api/jobs/{id}", method: "GET", path: `/api/jobs/${job.id}` },
		{ pattern: "/api/jobs/{id}/cancel", method: "POST", path: `/api/jobs/${job.id}/cancel` },
		{ pattern: "/api/profiles/{id}", method: "GET", path: `/api/profiles/${job.profileId}` },
		{ pattern: "/api/profiles/{id}/file", method: "GET", path: `/api/profiles/${job.profileId}/file` },
		...["png", "jpg", "webp"].map((kind) => ({
			pattern: `/api/pictures/{id}.${kind}`,
			method: "GET",
			path: job.pictures[0]!.url.replace(/\.png$/, `.${kind}`),
		})),
		{ pattern: "/api/named-profiles/{id}", method: "PATCH", path: named, json: { shared: true } },
		{ pattern: "/api/named-profiles/{id}", method: "DELETE", path: named },
		{ pattern: "/api/events", method: "GET", path: `/api/events?job=${job.id}` },
		{
			pattern: "/api/jobs",
			method: "POST",
			path: "/api/jobs",
			json: { ...QUICK, historyId, alphas: [0.5] },
			type: json,
		},
		{ pattern: "/api/histories/{id}/entries/{entryId}", method: "DELETE", path: entry },
		{ pattern: "/api/jobs/{id}", method: "DELETE", path: `/api/jobs/${job.id}` },
		{ pattern: "/api/histories/{id}", method: "DELETE", path: history },
	];
}

/** A stream's answer has no end: its begin is enough. */
async function ask(client: Client, { method, path, json, body, type }: ReturnType<typeof requests>[number]) {
	const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
	return client.call(method, path, {
		...(json !== undefined && { json }),
		...(body !== undefined && { body }),
		headers,
	});
}

describe("another user", () => {
	it("finds nothing of the owner's, on any route there is, as if it did not exist", async () => {
		const { paths } = await other.must<{ paths: Record<string, Record<string, unknown>> }>("GET", "/api/openapi.json");
		const known = requests().map(({ method, pattern }) => `${method} ${pattern}`);
		const named = Object.entries(paths).flatMap(([path, methods]) =>
			Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
		);
		// HEAD is answered as GET is.
		const byId = named.filter((name) => name.includes("{") && !name.startsWith("HEAD"));
		expect(byId.length).toBeGreaterThan(10);
		// A model is nobody's, and a signed address is good for whoever has it.
		const files = ["png", "jpg", "webp"].map((kind) => `GET /v1/images/files/{id}.${kind}`);
		const nobodys = ["GET /v1/models/{model}", ...files];
		expect(byId.filter((name) => !known.includes(name))).toEqual(expect.arrayContaining(nobodys));
		expect(byId.filter((name) => ![...known, ...nobodys].includes(name))).toEqual([]);
		for (const request of requests()) {
			const answer = await ask(other, request);
			expectRefused(answer, 404);
			const ids = [historyId, entryId, job.id, job.profileId!, job.pictures[0]!.id];
			const text = (value: unknown) =>
				ids.reduce((all, id) => all.replaceAll(id, UNKNOWN), JSON.stringify(value)).replaceAll(namedId, UNKNOWN_CODE);
			const unknown = JSON.parse(text(request)) as typeof request;
			expect((await ask(other, unknown)).body).toEqual(answer.body);
		}
		expect(await other.must("GET", "/api/histories")).toEqual([]);
		expect(await other.must("GET", "/api/named-profiles")).toEqual([]);
		expect(await owner.must("GET", "/api/named-profiles")).toMatchObject([{ id: namedId, shared: false }]);
		expect(await other.jobs()).toEqual([]);
		expect((await owner.history(historyId)).entries).toMatchObject([{ prompt: "a blue star", intensity: 2 }]);
		expect((await owner.picture(job.pictures[0]!.url)).length).toBeGreaterThan(100);
	});

	it("gets a job of its own for a key that the owner has used", async () => {
		const key = "the same key";
		const first = await owner.submit(QUICK, key);
		const second = await other.submit(QUICK, key);
		expect(second.id).not.toBe(first.id);
		expect((await other.submit(QUICK, key)).id).toBe(second.id);
		expect((await other.jobs()).map(({ id }) => id)).toEqual([second.id]);
		for (const [client, { id }] of [
			[owner, first],
			[other, second],
		] as const)
			expect((await client.when(id, hasEnded)).status).toBe("done");
	});

	it("hears nothing of the owner's jobs", async () => {
		const stop = new AbortController();
		const heard: Told[] = [];
		const following = (async () => {
			for await (const told of other.follow({ signal: stop.signal })) heard.push(told);
		})().catch(() => {});
		const { id } = await owner.submit({ ...QUICK, numInferenceSteps: 30 });
		await owner.when(id, hasEnded);
		await owner.must("DELETE", `/api/jobs/${id}`);
		const own = await other.submit(QUICK);
		await expect.poll(() => JSON.stringify(heard), { timeout: 20_000 }).toContain(own.id);
		expect(JSON.stringify(heard)).not.toContain(id);
		stop.abort();
		await following;
	});
});

describe("nobody", () => {
	it("is asked for a token on every route that tells or changes something", async () => {
		const signedIn = await new Client(service.address).call("POST", "/api/session", { json: { token: tokens.owner } });
		const cookie = signedIn.headers.get("set-cookie")!.split("=")[0]!;
		const strangers = [
			{},
			{ authorization: "Bearer " },
			{ authorization: "Bearer null" },
			{ authorization: `Bearer ${tokens.owner}x` },
			{ authorization: `Bearer ${tokens.owner.toLowerCase()}` },
			{ authorization: `Basic ${Buffer.from(`owner:${tokens.owner}`).toString("base64")}` },
			{ authorization: tokens.owner },
			{ authorization: "Bearer ' or '1'='1" },
			...[tokens.owner, "", "%00", "x".repeat(43)].map((value) => ({ cookie: `__proto__=x; ${cookie}=${value}` })),
		];
		const nobody = new Client(service.address);
		const listed = ["/api/histories", "/api/jobs", "/api/models", "/api/samples", "/api/session", "/api/events"];
		for (const headers of strangers) {
			for (const path of listed) expectRefused(await nobody.call("GET", path, { headers }), 401);
		}
		for (const request of requests()) {
			const answer = await ask(nobody, request);
			expectRefused(answer, 401);
			expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
		}
		expectRefused(await nobody.call("GET", "/metrics"), 404);
		expectRefused(await nobody.call("GET", "/metrics", { headers: { authorization: `Bearer ${tokens.owner}` } }), 404);
	});

	it("signs in with no token but a user's, and gets it in a cookie that scripts cannot read", async () => {
		const nobody = new Client(service.address);
		for (const token of ["", " ", "x".repeat(201), `${tokens.owner} `, "a\0b", "\ud800", 1, null, { token: "x" }])
			expectRefused(await nobody.call("POST", "/api/session", { json: { token } }), 401, 422);
		const { status, headers } = await nobody.call("POST", "/api/session", { json: { token: tokens.owner } });
		expect(status).toBe(200);
		const cookie = headers.get("set-cookie")!;
		expect(cookie).toMatch(/HttpOnly/);
		expect(cookie).toMatch(/SameSite=Strict/);
		const sent = { cookie: cookie.split(";")[0]! };
		expect((await nobody.call("GET", "/api/session", { headers: sent })).body).toMatchObject({
			user: { name: "owner" },
		});
		// The cookie is sent along by a browser, whichever site's page asks: that alone is not enough to change anything.
		for (const foreign of [
			{},
			{ origin: "https://evil.example" },
			{ origin: "null" },
			{ "sec-fetch-site": "cross-site" },
		]) {
			const answer = await nobody.call("POST", "/api/histories", {
				json: { name: "evil" },
				headers: { ...sent, ...foreign },
			});
			expectRefused(answer, 403);
		}
		const own = { ...sent, origin: service.address };
		expect((await nobody.call("POST", "/api/histories", { json: { name: "own" }, headers: own })).status).toBe(201);
	});

	it("is what a user becomes who was removed, and all of theirs is gone", async () => {
		expect((await service.program.kill("SIGTERM")).code).toBe(0);
		{
			await using store = await openStore({ folder: data });
			await removeUser(store, "owner");
		}
		service = await startService({ data, args: ARGS, afterwards });
		const removed = new Client(service.address, tokens.owner);
		for (const path of ["/api/session", "/api/jobs", job.pictures[0]!.url])
			expectRefused(await removed.call("GET", path), 401);
		const stays = new Client(service.address, tokens.other);
		expectRefused(await stays.call("GET", job.pictures[0]!.url), 404);
		expect((await stays.jobs()).length).toBeGreaterThan(0);
	});
});
