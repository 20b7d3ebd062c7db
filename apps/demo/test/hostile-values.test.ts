import { beforeAll, describe, expect, it } from "vitest";
import type { Entry } from "../api/index.ts";
import { Client, hasEnded, QUICK } from "./client.ts";
import { expectNothingInner, expectRefused } from "./problems.ts";
import { afterFile, dataFolder, startService } from "./service.ts";

const afterwards = afterFile();
const LIKED = [{ prompt: "a blue star", intensity: 2 }];
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const JSON_TYPE = { "content-type": "application/json" };
let client: Client;
let historyId: string;
let entry: Entry;
let jobId: string;

beforeAll(async () => {
	const { address } = await startService({ data: await dataFolder(afterwards), afterwards });
	client = new Client(address);
	historyId = await client.newHistory(LIKED);
	entry = (await client.history(historyId)).entries[0]!;
	const job = await client.submit({ ...QUICK, historyId, alphas: [0.5] });
	jobId = (await client.when(job.id, hasEnded)).id;
});

/** Each place where a client's text ends up. */
function textFields(text: string): [method: string, path: string, json: unknown][] {
	return [
		["POST", "/api/histories", { name: text }],
		["POST", "/api/histories", { name: "x", items: [{ prompt: text }] }],
		["PATCH", `/api/histories/${historyId}`, { name: text }],
		["POST", `/api/histories/${historyId}/entries`, { items: [{ prompt: text }] }],
		["PATCH", `/api/histories/${historyId}/entries/${entry.id}`, { prompt: text }],
		["POST", "/api/jobs", { ...QUICK, prompt: text }],
		["POST", "/api/jobs", { ...QUICK, negativePrompt: text }],
		["POST", "/api/jobs", { ...QUICK, model: text }],
		["POST", "/api/jobs", { ...QUICK, scheduler: text }],
		["POST", "/api/jobs", { ...QUICK, historyId: text }],
	];
}

/** Each place where a client's text is part of an address. */
function addresses(text: string): [method: string, path: string][] {
	const part = encodeURIComponent(text);
	const similar = `/api/histories/${historyId}/entries/${entry.id}/similar`;
	return [
		["GET", `/api/histories/${part}`],
		["DELETE", `/api/histories/${historyId}/entries/${part}`],
		["GET", `/api/histories/${part}/entries/${entry.id}/similar?model=tiny`],
		["GET", `${similar}?model=${part}`],
		["GET", `${similar}?model=tiny&limit=${part}`],
		["GET", `/api/jobs/${part}`],
		["POST", `/api/jobs/${part}/cancel`],
		["GET", `/api/jobs?before=${part}`],
		["GET", `/api/jobs?limit=${part}`],
		["GET", `/api/jobs?before=${Buffer.from(JSON.stringify([text, UNKNOWN])).toString("base64url")}`],
		["GET", `/api/profiles/${part}`],
		["GET", `/api/profiles/${part}/file`],
		["GET", `/api/pictures/${part}.png`],
		["GET", `/api/events?job=${part}`],
	];
}

/** So that limits of a user's jobs do not stand in the way. */
async function cancelAll(): Promise<void> {
	for (const job of await client.jobs()) if (!hasEnded(job)) await client.must("POST", `/api/jobs/${job.id}/cancel`);
}

async function expectAlive(): Promise<void> {
	expect((await client.call("GET", "/health/ready")).status).toBe(200);
	expect((await client.job(jobId)).status).toBe("done");
}

describe("values that mean harm", () => {
	it("are text and nothing else: SQL does nothing, wherever it stands", async () => {
		for (const text of [
			"'; drop table jobs; --",
			"x' or '1'='1",
			"1; select pg_sleep(60); --",
			"') union select token from tokens --",
			"$1",
			"\\'; truncate users cascade; --",
			"{{7*7}}",
			"<script>alert(1)</script>",
		]) {
			for (const [method, path, json] of textFields(text)) {
				const answer = await client.call(method, path, { json });
				if (answer.status >= 400) expectRefused(answer, 404, 422);
			}
			for (const [method, path] of addresses(text)) expectRefused(await client.call(method, path), 400, 404, 409);
			await cancelAll();
		}
		const { entries, name } = await client.history(historyId);
		expect(name).toBe("<script>alert(1)</script>");
		expect(entries.map(({ prompt }) => prompt)).toContain("1; select pg_sleep(60); --");
		await expectAlive();
	});

	it("are refused where no text of the database can hold them", async () => {
		for (const text of ["a\0b", "\0", "\ud800", "a\udc00b"]) {
			for (const [method, path, json] of textFields(text)) {
				const answer = await client.call(method, path, { json });
				expectRefused(answer, 404, 422);
			}
			for (const [method, path] of text.isWellFormed() ? addresses(text) : [])
				expectRefused(await client.call(method, path), 400, 404, 409);
			for (const [type, body] of [
				["text/csv", `prompt\n"${text}"`],
				["application/x-ndjson", JSON.stringify({ prompt: text })],
			] as const) {
				if (type === "text/csv" && !text.isWellFormed()) continue;
				const headers = { "content-type": type };
				expectRefused(await client.call("POST", `/api/histories/${historyId}/import`, { body, headers }), 422);
			}
		}
		await expectAlive();
	});

	it("are refused where they are no text at all", async () => {
		const bytes = Buffer.from([...Buffer.from('{"name":"'), 0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, ...Buffer.from('"}')]);
		const json = await client.call("POST", "/api/histories", { body: new Uint8Array(bytes), headers: JSON_TYPE });
		expectRefused(json, 400, 422);
		for (const type of ["text/csv", "application/x-ndjson", "text/tab-separated-values"]) {
			const body = new Uint8Array(Buffer.from([...Buffer.from("prompt\n"), 0xff, 0xfe, 0x80]));
			const headers = { "content-type": type };
			expectRefused(await client.call("POST", `/api/histories/${historyId}/import`, { body, headers }), 422);
		}
	});

	it("are refused as numbers that are too large, or none", async () => {
		const numbers = [
			"1e400",
			"-1e400",
			"1e308",
			"-1",
			"9007199254740993",
			"4294967296",
			"1.5",
			'"1"',
			"null",
			"[]",
			"{}",
			"true",
		];
		for (const number of numbers) {
			for (const field of ["seed", "numInferenceSteps", "width", "height", "size"]) {
				const body = `{"kind":"pictures","model":"tiny","prompt":"a star","historyId":"${historyId}","${field}":${number}}`;
				expectRefused(await client.call("POST", "/api/jobs", { body, headers: JSON_TYPE }), 422, 400);
			}
			if (number === "1.5") continue;
			const items = `{"items":[{"prompt":"x","intensity":${number}}]}`;
			const answer = await client.call("POST", `/api/histories/${historyId}/entries`, {
				body: items,
				headers: JSON_TYPE,
			});
			// A small one below 0 is a dislike.
			if (!/^(\d+|-1)$/.test(number)) expectRefused(answer, 422, 400);
		}
		for (const alphas of ["[]", "[2]", "[-0.1]", "[0.1,null]", `[${Array.from({ length: 12 }, () => 0)}]`, "0.3"]) {
			const body = `{"kind":"pictures","model":"tiny","prompt":"a star","historyId":"${historyId}","alphas":${alphas}}`;
			expectRefused(await client.call("POST", "/api/jobs", { body, headers: JSON_TYPE }), 422);
		}
		for (const limit of ["0", "-1", "1e9", "NaN", "", "101"])
			expectRefused(await client.call("GET", `/api/jobs?limit=${limit}`), 400);
		await expectAlive();
	});

	it("are refused as JSON of another shape, however deep, and touch no prototype", async () => {
		const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
		const bodies = [
			"",
			"{",
			"null",
			"[]",
			'"x"',
			"1",
			'{"name":"x","name2":"y"}',
			'{"__proto__":{"name":"x"},"name":"x"}',
			'{"name":"x","constructor":{"prototype":{"polluted":true}}}',
			'{"name":"x","items":[{"prompt":"p","__proto__":{"intensity":9}}]}',
			`{"name":"x","items":${deep("[", "]", 100_000)}}`,
			`{"name":"x","items":${deep('{"a":', "}", 50_000).replace("}", "1}")}}`,
			`{"name":"x","items":[{"prompt":{"toString":"x"}}]}`,
			`{"name":"${"x".repeat(101)}"}`,
			`{"name":"x","items":[${Array.from({ length: 10_001 }, () => '{"prompt":"p"}')}]}`,
		];
		for (const body of bodies)
			expectRefused(await client.call("POST", "/api/histories", { body, headers: JSON_TYPE }), 400, 413, 422);
		expect(await client.must("GET", `/api/histories/${historyId}`)).not.toHaveProperty("polluted");
		await expectAlive();
	});

	it("are refused in a type that the address does not take", async () => {
		for (const type of [
			"text/plain",
			"application/xml",
			"multipart/form-data; boundary=x",
			"application/x-www-form-urlencoded",
			"a",
		]) {
			const sent = { body: '{"name":"x"}', headers: { "content-type": type } };
			expectRefused(await client.call("POST", "/api/histories", sent), 415);
			expectRefused(await client.call("POST", "/api/jobs", sent), 415);
			expectRefused(await client.call("POST", `/api/histories/${historyId}/import`, sent), 415);
		}
		const json = { body: '[{"prompt":"x"}]', headers: JSON_TYPE };
		expectRefused(await client.call("POST", `/api/histories/${historyId}/import`, json), 415);
	});

	it("are refused as files that are no history, with the line that is wrong", async () => {
		for (const [type, body] of [
			["text/csv", ""],
			["text/csv", "words\nx"],
			["text/csv", 'prompt\n"open'],
			["text/csv", "prompt,intensity\nx,-1e7"],
			["text/csv", "prompt,intensity\nx,1e400"],
			["text/csv", `prompt\n${"x".repeat(2001)}`],
			["text/csv", `prompt\n${"x\n".repeat(10_001)}`],
			["application/x-ndjson", "[]"],
			["application/x-ndjson", '{"prompt":1}'],
			["application/x-ndjson", '{"__proto__":{"prompt":"x"}}'],
			["application/x-ndjson", "[".repeat(100_000)],
		] as const) {
			const headers = { "content-type": type };
			const answer = await client.call("POST", `/api/histories/${historyId}/import`, { body, headers });
			expectRefused(answer, 409, 422);
		}
		await expectAlive();
	});

	it("are refused as keys, and a key is of one request", async () => {
		const key = "k".repeat(256);
		expectRefused(await client.call("POST", "/api/jobs", { json: QUICK, headers: { "idempotency-key": key } }), 400);
		const headers = { "idempotency-key": "'; drop table jobs; --" };
		const first = await client.call<{ id: string }>("POST", "/api/jobs", { json: QUICK, headers });
		const again = await client.call<{ id: string }>("POST", "/api/jobs", { json: QUICK, headers });
		expect([first.status, again.status, again.body.id]).toEqual([202, 200, first.body.id]);
		expectRefused(await client.call("POST", "/api/jobs", { json: { ...QUICK, prompt: "a house" }, headers }), 422);
	});

	it("show nothing of the inside, in what the service says of itself", async () => {
		const { body, status } = await client.call("GET", "/api/openapi.json");
		expect(status).toBe(200);
		expectNothingInner(JSON.stringify(body));
	});
});
