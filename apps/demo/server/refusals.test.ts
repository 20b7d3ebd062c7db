import { createConnection } from "node:net";
import { Validator } from "@seriousme/openapi-schema-validator";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Problem } from "../api/index.ts";
import { EventStream } from "./testing/event-stream.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
let port: number;
/** Lines that were logged. */
const logged: string[] = [];
beforeAll(async () => {
	service = await TestService.open();
	const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(line) });
	client = await service.serve({ log });
	port = await client.listen();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const JOB = JSON.stringify({ kind: "pictures", model: "tiny", prompt: "a star", alphas: [0] });
const JSON_TYPE = { "content-type": "application/json" };

/** Sends bytes as they are, and gives all that is answered before the server closes the connection. */
function raw(text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = createConnection({ host: "127.0.0.1", port }, () => socket.write(text));
		let answer = "";
		socket.setEncoding("utf8").on("data", (part: string) => {
			answer += part;
		});
		socket.on("close", () => resolve(answer)).on("error", reject);
	});
}

test.each([
	Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" }),
	Object.assign(new Error("terminating connection due to administrator command"), { code: "57P01" }),
	new Error("Connection terminated unexpectedly"),
])("while the database is away a request is refused for now: %s", async (error) => {
	const away = vi.spyOn(service.store.kysely.getExecutor(), "executeQuery").mockRejectedValue(error);
	const answer = await client.send("GET /api/histories");
	away.mockRestore();
	expect(answer).toMatchObject({
		status: 503,
		headers: { "retry-after": "5" },
		body: { title: "The database does not answer" },
	});
	expect((await client.send("GET /api/histories")).status).toBe(200);
});

test("a body that is too large is refused with what it may be", async () => {
	const sent = { text: `"${"a".repeat(2 ** 20)}"`, headers: JSON_TYPE };
	expect((await client.send<Problem>("POST /api/histories", sent)).body.detail).toContain(`at most ${2 ** 20} bytes`);
});

describe("a request is answered with a problem document", () => {
	test.each<[string, number, string, { text?: string; headers?: Record<string, string> }?]>([
		["that asks for nothing that there is", 404, "GET /api/nothing"],
		["that asks for no file of the page", 404, "GET /nothing.html"],
		["with an address that cannot be read", 400, "GET /api/%E0%A4%A"],
		["with JSON that breaks off", 400, "POST /api/jobs", { text: '{"kind":', headers: JSON_TYPE }],
		["with no body where one is needed", 400, "POST /api/jobs", { text: "", headers: JSON_TYPE }],
		["that poisons a prototype", 400, "POST /api/jobs", { text: '{"__proto__":{"a":1}}', headers: JSON_TYPE }],
		["with a body of another type", 415, "POST /api/jobs", { text: "<job/>", headers: { "content-type": "text/xml" } }],
		["with too large a body", 413, "POST /api/histories", { text: `"${"a".repeat(2 ** 20)}"`, headers: JSON_TYPE }],
		["with a list as its body", 422, "POST /api/jobs", { text: "[]", headers: JSON_TYPE }],
		["with a query that is none", 400, "GET /api/jobs?limit=many"],
		[
			"with too long a key",
			400,
			"POST /api/jobs",
			{ text: JOB, headers: { ...JSON_TYPE, "idempotency-key": "k".repeat(256) } },
		],
	])("%s", async (_, status, request, sent) => {
		const answer = await client.send<Problem>(request, sent);
		expect(answer).toMatchObject({ status, headers: { "content-type": expect.stringContaining("problem+json") } });
		expect(answer.body).toMatchObject({ status, type: expect.any(String), title: expect.any(String) });
		expect(answer.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
	});

	test("with a method that an address has not", async () => {
		const answer = await client.send("PUT /api/jobs");
		expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD, POST" } });
		const of = `/api/histories/${crypto.randomUUID()}`;
		expect(await client.send(`POST ${of}`)).toMatchObject({
			status: 405,
			headers: { allow: expect.stringContaining("PATCH") },
		});
	});

	test.each([
		["no request line", "NONSENSE\r\n\r\n", 400],
		["headers that are too long", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(40_000)}\r\n\r\n`, 431],
		[
			"two lengths",
			"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
			400,
		],
		[
			"a length and chunks",
			"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
			400,
		],
	])("that has %s", async (_, text, status) => {
		const answer = await raw(text);
		expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		expect(answer).toContain("application/problem+json");
		expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({ status });
	});
});

test.each([
	"' OR 1=1 --",
	"../../etc/passwd",
	"..%2F..%2Fetc%2Fpasswd",
	"1; drop table jobs",
	"%00",
	"00000000-0000-0000-0000-00000000000g",
	"\u202e",
])("an id that is none, %s, is answered as one that nothing has", async (id) => {
	const part = id.includes("%") ? id : encodeURIComponent(id);
	for (const request of [
		"GET /api/jobs/:",
		"DELETE /api/histories/:",
		"GET /api/profiles/:",
		"GET /api/pictures/:.png",
	])
		expect((await client.send(request.replace(":", part))).status, request).toBe(404);
	const { body } = await client.send("GET /api/jobs");
	expect(body).toEqual({ jobs: [] });
});

test("text of any kind is kept as it is", async () => {
	const prompts = [
		"'; drop table entries; --",
		"<script>alert(1)</script>",
		"日本語 🌟",
		"\\x00 %s $1 {{x}}",
		"\u202eabc",
	];
	const { entries } = await client.history(prompts.map((prompt) => ({ prompt })));
	expect(entries.map(({ prompt }) => prompt)).toEqual(prompts);
});

test("an error of the service's own tells the client nothing, and the log no value", async () => {
	const { kysely } = service.store;
	await sql`alter table histories rename to elsewhere`.execute(kysely);
	const failed = await client.send<Problem>("POST /api/histories", { json: { name: "a secret name" } });
	await sql`alter table elsewhere rename to histories`.execute(kysely);
	expect(failed).toMatchObject({
		status: 500,
		body: { type: "about:blank", title: "Internal Server Error", status: 500 },
	});
	expect(JSON.stringify(failed.body)).not.toMatch(/histories|select|insert/);
	expect(logged.join("")).toContain("a request failed");
	expect(logged.join("")).not.toContain("a secret name");
});

test("logs name routes, not addresses, and prompts only where it was asked for", async () => {
	const headers = { cookie: "drum_0=a-secret-cookie", authorization: "Bearer a-secret-token" };
	const json = { kind: "pictures", model: "tiny", prompt: "a secret star", alphas: [0] };
	const answer = await client.send<{ id: string }>("POST /api/jobs?x=secret", {
		json,
		headers: { ...headers, origin: "http://localhost:3000" },
	});
	const lines = logged.filter((line) => line.includes(answer.headers["x-request-id"]!));
	expect(lines.map((line) => JSON.parse(line))).toMatchObject([
		{ msg: "job created", jobId: answer.body.id },
		{ msg: "answered", method: "POST", route: "/api/jobs", status: 202 },
	]);
	expect(logged.join("")).not.toContain("secret");
	const open: string[] = [];
	const log = pino({ level: "info" }, { write: (line: string) => void open.push(line) });
	await (await service.serve({ log, logPrompts: true })).send("POST /api/jobs", { json });
	expect(open.join("")).toContain("a secret star");
});

describe("the description of the interface", () => {
	test("is a valid OpenAPI document of every route", async () => {
		const { body } = await client.send<{ paths: Record<string, Record<string, object>>; components: object }>(
			"GET /api/openapi.json",
		);
		const { valid, errors } = await new Validator().validate(structuredClone(body));
		expect(errors ?? []).toEqual([]);
		expect(valid).toBe(true);
		const described = Object.entries(body.paths).flatMap(([path, methods]) =>
			Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
		);
		expect(described.sort()).toEqual([
			"DELETE /api/histories/{id}",
			"DELETE /api/histories/{id}/entries/{entryId}",
			"DELETE /api/jobs/{id}",
			"DELETE /api/named-profiles/{id}",
			"DELETE /api/session",
			"GET /api/events",
			"GET /api/histories",
			"GET /api/histories/{id}",
			"GET /api/histories/{id}/entries/{entryId}/similar",
			"GET /api/jobs",
			"GET /api/jobs/{id}",
			"GET /api/models",
			"GET /api/named-profiles",
			"GET /api/pictures/{id}.jpg",
			"GET /api/pictures/{id}.png",
			"GET /api/pictures/{id}.webp",
			"GET /api/profiles/{id}",
			"GET /api/profiles/{id}/file",
			"GET /api/samples",
			"GET /api/session",
			"GET /api/settings",
			"GET /health/live",
			"GET /health/ready",
			"GET /metrics",
			"GET /v1/images/files/{id}.jpg",
			"GET /v1/images/files/{id}.png",
			"GET /v1/images/files/{id}.webp",
			"GET /v1/models",
			"GET /v1/models/{model}",
			"PATCH /api/histories/{id}",
			"PATCH /api/histories/{id}/entries/{entryId}",
			"PATCH /api/named-profiles/{id}",
			"POST /api/captions",
			"POST /api/histories",
			"POST /api/histories/{id}/entries",
			"POST /api/histories/{id}/import",
			"POST /api/jobs",
			"POST /api/jobs/{id}/cancel",
			"POST /api/named-profiles",
			"POST /api/session",
			"POST /v1/images/generations",
		]);
	});

	test("leads to no schema that is not in it", async () => {
		const { body } = await client.send<{ components: { schemas: object } }>("GET /api/openapi.json");
		const referred = [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name!);
		expect(referred.length).toBeGreaterThan(50);
		for (const name of referred) expect(body.components.schemas).toHaveProperty(name);
	});
});

test("a page of the service may be framed by none and may load from nowhere else", async () => {
	const { headers } = await client.send("GET /health/live");
	expect(headers["content-security-policy"]).toMatch(/default-src 'self'.*frame-ancestors 'none'/);
	expect(headers).toMatchObject({ "referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin" });
});

describe("a service that is to stop", () => {
	test("takes no more jobs and is not ready, but answers, until it is closed and its streams end", async () => {
		const stopping = await service.serve();
		const at = await stopping.listen();
		const events = await EventStream.open(at);
		stopping.app.drain();
		const json = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0] };
		const refused = await stopping.send<Problem>("POST /api/jobs", { json });
		expect(refused).toMatchObject({
			...{ status: 503, headers: { "retry-after": "10" } },
			body: { type: "urn:drum:problem:stopping" },
		});
		expect((await stopping.send("GET /health/ready")).status).toBe(503);
		expect((await stopping.send("GET /health/live")).status).toBe(200);
		expect((await stopping.send("GET /api/jobs")).status).toBe(200);
		await stopping.app.close();
		await events.ended;
		expect(events.text).toMatch(/^retry: \d+$/m);
	});
});
