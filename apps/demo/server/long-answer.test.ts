import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AddedEntries, History } from "../api/index.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

/** How often the event loop turns until the promise settles. */
async function turnsOf(promise: Promise<unknown>): Promise<number> {
	let turns = 0;
	let settled = false;
	const end = () => {
		settled = true;
	};
	promise.then(end, end);
	for (; !settled; turns++) await setImmediate();
	return turns;
}

test("a long history is taken, answered and read while the event loop turns, in the order given", async () => {
	const items = Array.from({ length: 1200 }, (_, i) => ({ prompt: `${i} “prompt” ${"é".repeat(500)}`, intensity: i }));
	const { id } = await client.history([]);
	const text = items.map((item) => JSON.stringify(item)).join("\n");
	const headers = { "content-type": "application/x-ndjson" };
	const added = await client.send<AddedEntries>(`POST /api/histories/${id}/import`, { text, headers });
	expect(added).toMatchObject({ status: 201, body: { warnings: [] } });
	const told = ({ entries }: Pick<History, "entries">) =>
		entries.map(({ prompt, intensity }) => ({ prompt, intensity }));
	expect(told(added.body)).toEqual(items);
	const reading = client.send<History>(`GET /api/histories/${id}`);
	expect(await turnsOf(reading)).toBeGreaterThan(10);
	const { body, headers: answered } = await reading;
	expect(answered["content-type"]).toBe("application/json; charset=utf-8");
	expect(body).toMatchObject({ id, name: "mine", count: 1200, updatedAt: expect.any(String) });
	expect(told(body)).toEqual(items);
	expect(body.entries).toEqual(added.body.entries);
	const { app, headers: asked } = client;
	expect(await app.inject({ method: "HEAD", url: `/api/histories/${id}`, headers: asked })).toMatchObject({
		statusCode: 200,
		body: "",
	});
});

test("an empty history has no entries", async () => {
	const { id } = await client.history([]);
	expect((await client.send<History>(`GET /api/histories/${id}`)).body).toMatchObject({ id, entries: [] });
});
