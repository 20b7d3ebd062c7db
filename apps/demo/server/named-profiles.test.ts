import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job, NamedProfile, Problem } from "../api/index.ts";
import { addUser } from "../store/users.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let ann: Client;
let bob: Client;
beforeAll(async () => {
	service = await TestService.open();
	const shared = await service.serve({ auth: true, metricsToken: "m" });
	ann = shared.as((await addUser(service.store, "ann")).token);
	bob = shared.as((await addUser(service.store, "bob")).token);
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const AT = "/api/named-profiles";
const keep = (client: Client, json: object) => client.send<NamedProfile>(`POST ${AT}`, { json });
const list = async (client: Client) => (await client.send<NamedProfile[]>(`GET ${AT}`)).body;
const ask = (client: Client, profile: string) => {
	const json = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0.3], profile };
	return client.send<Job>("POST /api/jobs", { json });
};

describe("named profiles", () => {
	test("are of one history or several, under short ids, and are their user's own", async () => {
		const [{ id: one }, { id: other }] = [await ann.history(), await ann.history()];
		const made = await keep(ann, { name: " Evenings ", parts: [{ historyId: one }] });
		expect(made).toMatchObject({
			status: 201,
			body: { name: "Evenings", parts: [{ historyId: one, weight: 1 }], shared: false },
		});
		expect(made.body.id).toMatch(/^[0-9a-hjkmnp-tv-z]{10}$/);
		const parts = [{ historyId: one }, { historyId: other, weight: 2.5 }];
		const blend = await keep(ann, { name: "Both", parts });
		expect(await list(ann)).toEqual([made.body, blend.body]);
		expect(await list(bob)).toEqual([]);
		const changed = await ann.send<NamedProfile>(`PATCH ${AT}/${blend.body.id}`, { json: { name: "Two" } });
		expect(changed.body).toEqual({ ...blend.body, name: "Two" });
		expect((await bob.send(`PATCH ${AT}/${blend.body.id}`, { json: { shared: true } })).status).toBe(404);
		expect((await bob.send(`DELETE ${AT}/${blend.body.id}`)).status).toBe(404);
		expect((await ann.send(`DELETE ${AT}/${blend.body.id}`)).status).toBe(204);
		expect(await list(ann)).toEqual([made.body]);
	});

	test("draw for their user, and for others while they are shared", async () => {
		const { id: historyId } = await ann.history();
		const { body } = await keep(ann, { name: "Mine", parts: [{ historyId }] });
		expect((await ask(ann, body.id)).body.request).toMatchObject({ profile: body.id });
		expect((await ask(bob, body.id)).status).toBe(404);
		await ann.send(`PATCH ${AT}/${body.id}`, { json: { shared: true } });
		expect((await ask(bob, body.id)).status).toBe(202);
		await ann.send(`PATCH ${AT}/${body.id}`, { json: { shared: false } });
		expect((await ask(bob, body.id)).status).toBe(404);
	});

	test("are refused of others' histories, of one twice, and beside a history", async () => {
		const [{ id: mine }, { id: theirs }] = [await ann.history(), await bob.history()];
		expect((await keep(ann, { name: "x", parts: [{ historyId: theirs }] })).status).toBe(404);
		for (const parts of [[], [{ historyId: mine }, { historyId: mine }], [{ historyId: mine, weight: 0 }]])
			expect((await keep(ann, { name: "x", parts })).status).toBe(422);
		const { body } = await keep(ann, { name: "x", parts: [{ historyId: mine }] });
		const both = { kind: "pictures", model: "tiny", prompt: "x", historyId: mine, profile: body.id };
		const refused = await ann.send<Problem>("POST /api/jobs", { json: both });
		expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining("not both")]);
		expect((await ask(ann, "O".repeat(10))).status).toBe(422);
	});
});

test("entries tell when they were asked for: as the client says, or now", async () => {
	const { entries } = await ann.history([{ prompt: "old", at: "2026-01-02T03:04:05+01:00" }, { prompt: "new" }]);
	expect(entries[0]!.at).toBe("2026-01-02T02:04:05.000Z");
	expect(Date.now() - Date.parse(entries[1]!.at!)).toBeLessThan(3_600_000);
});
