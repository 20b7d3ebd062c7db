import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type History, Problem } from "../api/index.ts";
import { Client, hasEnded, QUICK } from "./client.ts";
import { expectNothingInner, expectRefused } from "./problems.ts";
import { type RawAnswer, type RawOptions, sendRaw } from "./raw.ts";
import { afterFile, dataFolder, startService } from "./service.ts";

const afterwards = afterFile();
const MIB = 2 ** 20;
const JSON_TYPE = "Content-Type: application/json\r\n";
let client: Client;
let raw: (bytes: string | Uint8Array, options?: RawOptions) => Promise<RawAnswer>;
/** Clients that never finish the headers that they began to send. */
let slow: Promise<RawAnswer>[];
/** One that connects, and says nothing. */
let silent: Promise<RawAnswer>;

beforeAll(async () => {
	const { address } = await startService({ data: await dataFolder(afterwards), afterwards });
	client = new Client(address);
	raw = (bytes, options) => sendRaw(address, bytes, options);
	silent = raw("");
	slow = Array.from({ length: 200 }, () =>
		raw("GET /api/histories HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", { more: dribble() }),
	);
	// Bodies are given longer, as an import over a slow line is honest.
	for (let i = 0; i < 50; i++) void raw(post("/api/histories", "Content-Length: 1000\r\n", "{"), { more: dribble() });
});

/** A byte now and then, for ever. */
async function* dribble() {
	for (;;) {
		await pause(1000);
		yield "a";
	}
}

function post(path: string, headers: string, body = ""): string {
	return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${JSON_TYPE}${headers}\r\n${body}`;
}

/** A refusal as a problem, or a closed door; never a word of the inside. */
function expectRawRefused({ status, text }: RawAnswer, ...statuses: number[]): void {
	expectNothingInner(text);
	expect(statuses, text).toContain(status);
	if (status === 0) return;
	expect(text.toLowerCase()).toContain("content-type: application/problem+json");
	expect(Problem.parse(JSON.parse(/\{.*\}/s.exec(text)![0])).status).toBe(status);
}

describe("a client that is no browser", () => {
	it("is refused when what it sends is no HTTP", async () => {
		const lines = [
			"\r\n\r\n\0\0\0\0",
			"GET\r\n\r\n",
			"GET /\r\n\r\n",
			"GET / HTTP/9.9\r\n\r\n",
			"G\0T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
			"GET /\x7f HTTP/1.1\r\nHost localhost\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: localhost\r\nBad\0Name: x\r\n\r\n",
			"GET / HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		];
		// A line of two words is HTTP 0.9, whose requests name no host.
		for (const line of lines) expectRawRefused(await raw(`${line}\r\n\r\n`), line === "GET /\r\n\r\n" ? 403 : 400);
	});

	it("is refused when its message could be cut in two ways", async () => {
		const both = post("/api/histories", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /metrics");
		const twice = post("/api/histories", "Content-Length: 4\r\nContent-Length: 5\r\n", "{}  ");
		const negative = post("/api/histories", "Content-Length: -1\r\n");
		const chunk = post("/api/histories", "Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n0\r\n\r\n");
		const coding = post("/api/histories", "Transfer-Encoding: gzip\r\n", "{}");
		for (const message of [both, twice, negative, chunk, coding])
			expectRawRefused(await raw(message), 400, 415, 501, 0);
	});

	it("is refused when its headers or its address are too long", async () => {
		expectRawRefused(await raw(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"a".repeat(20_000)}\r\n\r\n`), 431);
		expectRawRefused(await raw(`GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`), 400, 414, 431);
	});

	it("is refused when it comes by another name: only loopback's are answered to where no token is asked for", async () => {
		for (const host of [
			"evil.example",
			"localhost.evil.example",
			"127.0.0.1.evil.example",
			"192.168.0.1",
			"[::2]",
			"0.0.0.0",
		])
			expectRawRefused(await raw(`GET /api/histories HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), 403);
		expectRawRefused(await raw("GET /api/histories HTTP/1.0\r\n\r\n"), 403);
		expectRawRefused(await raw("GET /api/histories HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n"), 403, 400);
	});

	it("is cut off when its body is too large, declared or not, and nothing of it is kept", async () => {
		expectRawRefused(await raw(post("/api/histories", "Content-Length: 99999999999\r\n", "{")), 413);
		const chunk = `${MIB.toString(16)}\r\n${" ".repeat(MIB)}\r\n`;
		let sent = 0;
		const endless = (function* () {
			for (; sent < 400; sent++) yield chunk;
		})();
		const answer = await raw(post("/api/histories", "Transfer-Encoding: chunked\r\n"), { more: endless });
		expectRawRefused(answer, 413, 0);
		expect(sent).toBeLessThan(100);
		const id = await client.newHistory([]);
		const file = `POST /api/histories/${id}/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n`;
		// What is refused by its length alone is refused before it is sent; who sends it may find the door closed.
		expectRawRefused(await raw(`${file}Content-Length: ${17 * MIB}\r\n\r\nprompt\na`), 413);
		const part = `${MIB.toString(16)}\r\n${"a".repeat(MIB)}\r\n`;
		expectRawRefused(await raw(`${file}Transfer-Encoding: chunked\r\n\r\n`, { more: Array(40).fill(part) }), 413, 0);
		expect((await client.must<History>("GET", `/api/histories/${id}`)).count).toBe(0);
	});

	it("gets no file but the page's", async () => {
		const inside = "root:|@drum/demo|BEGIN|dependencies";
		for (const path of [
			"/../../../etc/passwd",
			"/..%2f..%2f..%2fetc%2fpasswd",
			"/%2e%2e/%2e%2e/package.json",
			"/assets/../../package.json",
			"/assets/..%5c..%5cpackage.json",
			"/assets/%00/../index.html",
			"/%c0%ae%c0%ae/package.json",
			"//etc/passwd",
			"/.env",
			"/api/../../package.json",
			"/api/pictures/../../../package.json",
			"/api/pictures/%2e%2e%2fpackage.png",
			"/api/histories/..%2f..%2fpackage.json",
			"http://evil.example/package.json",
		]) {
			const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
			expectRawRefused(answer, 400, 403, 404);
			expect(answer.text).not.toMatch(new RegExp(inside));
		}
	});

	it("changes nothing from another site's page", async () => {
		const id = await client.newHistory([], "untouched");
		const foreign = [
			{ origin: "https://evil.example" },
			{ origin: "null" },
			{ origin: "http://127.0.0.1:1" },
			{ "sec-fetch-site": "cross-site" },
			{ "sec-fetch-site": "same-site" },
			{ origin: "https://evil.example", "content-type": "text/plain" },
		];
		for (const headers of foreign) {
			expectRefused(await client.call("POST", "/api/histories", { json: { name: "evil" }, headers }), 403);
			expectRefused(await client.call("POST", "/api/jobs", { json: QUICK, headers }), 403);
			expectRefused(await client.call("DELETE", `/api/histories/${id}`, { headers }), 403);
		}
		const names = (await client.must<{ name: string }[]>("GET", "/api/histories")).map(({ name }) => name);
		expect(names).toContain("untouched");
		expect(names).not.toContain("evil");
	});

	it("is told which methods an address has, and that others have none", async () => {
		const wrong = await client.call("PUT", "/api/jobs");
		expectRefused(wrong, 405);
		expect(wrong.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "HEAD", "POST"]);
		expectRefused(await client.call("GET", "/api/nothing"), 404);
		expect(
			(await raw("TRACE /api/jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).status,
		).toBeGreaterThanOrEqual(400);
	});

	it("cannot hold the service by being slow: it is cut off, and others are served meanwhile", async () => {
		for (let i = 0; i < 20; i++) expect((await client.call("GET", "/health/live")).status).toBe(200);
		const { id } = await client.submit(QUICK);
		expect((await client.when(id, hasEnded)).status).toBe("done");
		for (const answer of await Promise.all(slow)) expectRawRefused(answer, 408);
		expect((await silent).text).toBe("");
		expect((await client.call("GET", "/health/ready")).status).toBe(200);
	});
});
