import type { Captioner } from "@drum/captions";
import { encodePng } from "@drum/pipeline";
import { DownloadError } from "@drum/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caption, Problem, Settings } from "../api/index.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

const grey = { width: 2, height: 2, data: new Uint8Array(12).fill(128) };
const plain = Buffer.from(await encodePng(grey));
const drawn = Buffer.from(
	await encodePng(
		grey,
		{ prompt: "a lighthouse", references: [{ prompt: "private", intensity: 1 }] },
		{ parameters: "full" },
	),
);

/** Says what `answer` does. */
const captionerOf = (answer: () => Promise<string>): Captioner => ({ name: "seer", caption: answer });

let service: TestService;
let answer: () => Promise<string>;
let client: Client;
let without: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve({ captioner: captionerOf(() => answer()) });
	without = await service.serve();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const ask = <Body = Caption>(text: Buffer, { by = client, type = "image/png" } = {}) =>
	by.send<Body>("POST /api/captions", { text, headers: { "content-type": type } });

describe("a picture", () => {
	test("gets the prompt that drew it, and no other that its file tells", async () => {
		for (const by of [client, without])
			expect(await ask(drawn, { by })).toMatchObject({ status: 200, body: { prompt: "a lighthouse", from: "DrUM" } });
		expect(JSON.stringify((await ask(drawn)).body)).not.toContain("private");
	});

	test("gets the captioner's words, on one line and bounded as prompts are", async () => {
		answer = async () => `a grey\n\0 square ${"x".repeat(5000)}`;
		const { status, body } = await ask(plain);
		expect(status).toBe(200);
		expect(body).toMatchObject({ from: "seer", prompt: expect.stringMatching(/^a grey square x+$/) });
		expect(body.prompt).toHaveLength(2000);
		const { id } = await client.history([{ prompt: body.prompt }]);
		expect(id).toBeDefined();
	});

	test("is refused where nothing describes it, which the settings tell", async () => {
		expect(await ask<Problem>(plain, { by: without })).toMatchObject({
			status: 409,
			body: { type: "urn:drum:problem:no-captioner" },
		});
		const told = async (by: Client) => (await by.send<Settings>("GET /api/settings")).body.captions;
		expect([await told(client), await told(without)]).toEqual([true, false]);
	});

	test("that cannot be described is told without the captioner's own words", async () => {
		answer = () => Promise.reject(new DownloadError({ what: "seer at http://inside", found: "HTTP 401: sk-secret" }));
		const { status, headers, body } = await ask<Problem>(plain);
		expect([status, body.type, headers["retry-after"]]).toEqual([503, "urn:drum:problem:captioner-away", "30"]);
		expect(JSON.stringify(body)).not.toMatch(/inside|secret/);
	});

	test("waits while another of its user is described", async () => {
		const held = Promise.withResolvers<string>();
		answer = () => held.promise;
		const first = ask(plain);
		await expect.poll(async () => (await ask<Problem>(plain)).body.type).toBe("urn:drum:problem:caption-running");
		held.resolve("a square");
		expect((await first).body.prompt).toBe("a square");
	});

	test.each<[string, Buffer, string, number]>([
		["no picture", Buffer.from("<svg/>"), "image/png", 422],
		["nothing", Buffer.alloc(0), "image/png", 422],
		["a damaged one", plain.subarray(0, plain.length - 20), "image/png", 422],
		["too large a file", Buffer.alloc(9_000_000), "image/jpeg", 413],
		["another type", Buffer.from("<svg/>"), "image/svg+xml", 415],
		["JSON", Buffer.from("{}"), "application/json", 415],
	])("is refused that is %s", async (_, text, type, status) => {
		answer = async () => "a square";
		expect((await ask<Problem>(text, { type })).status).toBe(status);
	});
});
