import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AddedEntries, Entry, History, HistorySummary, Problem, Sample, SimilarEntries } from "../api/index.ts";
import { storeFeatures } from "../store/features.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const csv = { "content-type": "text/csv" };

describe("a history", () => {
	test("keeps its entries in order, and is listed with their number", async () => {
		const items = [{ prompt: "  a blue star " }, { prompt: "two red fish", intensity: 0.5 }];
		const made = await client.send<HistorySummary>("POST /api/histories", { json: { name: "mine", items } });
		expect(made).toMatchObject({ status: 201, body: { name: "mine", count: 2 } });
		expect(made.headers.location).toBe(`/api/histories/${made.body.id}`);
		const { body } = await client.send<History>(`GET ${made.headers.location}`);
		expect(body.entries.map(({ prompt, intensity }) => [prompt, intensity])).toEqual([
			["a blue star", 1],
			["two red fish", 0.5],
		]);
		expect((await client.send<HistorySummary[]>("GET /api/histories")).body).toContainEqual(made.body);
	});

	test("takes more at its end, in the order given, also thousands at once", async () => {
		const { id } = await client.history([{ prompt: "first" }]);
		const prompts = Array.from({ length: 6000 }, (_, i) => `prompt ${i}`);
		const items = prompts.map((prompt) => ({ prompt }));
		const added = await client.send<AddedEntries>(`POST /api/histories/${id}/entries`, { json: { items } });
		expect(added.status).toBe(201);
		expect(added.body.entries.map(({ prompt }) => prompt)).toEqual(prompts);
		const { body } = await client.send<History>(`GET /api/histories/${id}`);
		expect(body.entries.map(({ prompt }) => prompt)).toEqual(["first", ...prompts]);
	});

	test("is renamed, changed entry by entry, and deleted", async () => {
		const { id, entries } = await client.history();
		const at = `/api/histories/${id}`;
		const [first, second] = entries;
		expect((await client.send(`PATCH ${at}`, { json: { name: "other" } })).body).toMatchObject({ id, name: "other" });
		const changed = await client.send(`PATCH ${at}/entries/${first!.id}`, { json: { intensity: 7 } });
		expect(changed).toMatchObject({ status: 200, body: { ...first!, intensity: 7 } });
		expect((await client.send(`DELETE ${at}/entries/${second!.id}`)).status).toBe(204);
		expect((await client.send<History>(`GET ${at}`)).body.entries).toEqual([{ ...first!, intensity: 7 }]);
		expect((await client.send(`DELETE ${at}`)).status).toBe(204);
		for (const request of [`GET ${at}`, `DELETE ${at}`, `DELETE ${at}/entries/${first!.id}`])
			expect((await client.send(request)).status, request).toBe(404);
	});

	test("whose job waits takes it along: the job is cancelled", async () => {
		const { id } = await client.history();
		const job = await client.job({ historyId: id, alphas: [0.3] });
		await client.send(`DELETE /api/histories/${id}`);
		expect((await client.send(`GET /api/jobs/${job.id}`)).body).toMatchObject({ status: "cancelled" });
	});

	test("an entry of one is no entry of another", async () => {
		const [one, other] = [await client.history(), await client.history()];
		const at = `/api/histories/${one.id}/entries/${other.entries[0]!.id}`;
		expect((await client.send(`PATCH ${at}`, { json: { intensity: 2 } })).status).toBe(404);
		expect((await client.send(`DELETE ${at}`)).status).toBe(404);
		expect((await client.send<History>(`GET /api/histories/${other.id}`)).body.entries).toEqual(other.entries);
	});

	test("over the limits is refused, and nothing of it is kept", async () => {
		const strict = await service.serve({ limits: { entriesOfHistory: 3, historiesOfUser: 0 } });
		const { id, entries } = await client.history();
		const items = [{ prompt: "a" }, { prompt: "b" }];
		const full = await strict.send<Problem>(`POST /api/histories/${id}/entries`, { json: { items } });
		expect(full).toMatchObject({ status: 409, body: { type: "urn:drum:problem:too-many-entries" } });
		const imported = await strict.send(`POST /api/histories/${id}/import`, { text: "prompt\na\nb\n", headers: csv });
		expect(imported.status).toBe(409);
		const long = await strict.send(`POST /api/histories/${id}/import`, {
			text: `prompt\n${"a\n".repeat(4)}`,
			headers: csv,
		});
		expect(long).toMatchObject({
			status: 422,
			body: { errors: [{ message: expect.stringContaining("at most 3 rows") }] },
		});
		expect((await client.send<History>(`GET /api/histories/${id}`)).body.entries).toEqual(entries);
		const many = await strict.send<Problem>("POST /api/histories", { json: { name: "one more" } });
		expect(many).toMatchObject({ status: 409, body: { type: "urn:drum:problem:too-many-histories" } });
	});
});

describe("a file", () => {
	const rows = [
		["a blue star, outlined", 5],
		["two red fish", 1],
	];
	test.each([
		["text/csv", 'prompt,rating\n"a blue star, outlined",5\ntwo red fish,\n'],
		["text/csv; charset=utf-8", "\ufeffprompt;intensity\r\na blue star, outlined;5\r\ntwo red fish;1\r\n"],
		["text/tab-separated-values", "prompt\tweight\na blue star, outlined\t5\ntwo red fish\t1\n"],
		["application/x-ndjson", '{"prompt":"a blue star, outlined","intensity":5}\n\n{"prompt":"two red fish"}\n'],
	])("of type %s is taken in", async (type, text) => {
		const { id } = await client.history([]);
		const headers = { "content-type": type };
		const added = await client.send<AddedEntries>(`POST /api/histories/${id}/import`, { text, headers });
		expect(added.status).toBe(201);
		expect(added.body.entries.map(({ prompt, intensity }) => [prompt, intensity])).toEqual(rows);
	});

	test.each([
		["a row that is wrong", "prompt,intensity\na,1\nb,much\n", [["line 3", /^expected an intensity.*"much"$/]]],
		["no column of prompts", "text\na\n", [["line 1", /^expected a header with "prompt"/]]],
		["no rows", "prompt\n", [["", /has no prompts/]]],
		[
			"prompts that are too long, each",
			`prompt\na\n\n${"a".repeat(2001)}\nb\n${"a".repeat(3000)}\n`,
			[
				["line 4", /^expected a prompt of at most 2000 characters, found 2001$/],
				["line 6", /found 3000$/],
			],
		],
		["text that no database holds", "prompt\nx\na\0b\n", [["line 3", /NUL/]]],
		["too many rows", `prompt\n${"a\n".repeat(10_001)}`, [["", /^expected at most 10000 rows, found more/]]],
		["a text that is not Unicode", Buffer.from("prompt\na caf\xe9\n", "latin1"), [["", /^expected text in UTF-8/]]],
	] as const)("with %s is refused by its lines", async (_, text, errors) => {
		const { id } = await client.history([]);
		const refused = await client.send<Problem>(`POST /api/histories/${id}/import`, { text, headers: csv });
		expect(refused).toMatchObject({ status: 422, body: { title: "The file could not be imported" } });
		expect(refused.body.errors).toEqual(
			errors.map(([at, message]) => ({ at, message: expect.stringMatching(message) })),
		);
		expect((await client.send<History>(`GET /api/histories/${id}`)).body.entries).toEqual([]);
	});
});

test("a file whose ratings are called otherwise is taken in with a warning", async () => {
	const { id } = await client.history([]);
	const sent = { text: "prompt,score\na cup,5\n", headers: csv };
	const added = await client.send<AddedEntries>(`POST /api/histories/${id}/import`, sent);
	expect(added).toMatchObject({ status: 201, body: { entries: [{ intensity: 1 }] } });
	expect(added.body.warnings).toEqual([
		{
			code: "no-intensities",
			what: "the file",
			message: expect.stringMatching(/^All prompts count equally, .*\["score"\]$/),
		},
	]);
});

describe("a file that is packed", () => {
	const [text, rows] = ["prompt,rating\na blue star,5\n", [["a blue star", 5]]];

	test.each([{}, { "content-encoding": "gzip" }, { "content-encoding": "X-Gzip" }])("is taken in: %j", async (more) => {
		const { id } = await client.history([]);
		const headers = { ...csv, ...more };
		const added = await client.send<AddedEntries>(`POST /api/histories/${id}/import`, {
			text: gzipSync(text),
			headers,
		});
		expect(added.status).toBe(201);
		expect(added.body.entries.map(({ prompt, intensity }) => [prompt, intensity])).toEqual(rows);
	});

	test("otherwise is refused with what is read, and so is JSON", async () => {
		const { id } = await client.history([]);
		const headers = { ...csv, "content-encoding": "br" };
		expect(await client.send(`POST /api/histories/${id}/import`, { text, headers })).toMatchObject({
			status: 415,
			headers: { "accept-encoding": "gzip, identity" },
			body: { detail: "Expected a body in gzip or identity, found br" },
		});
		const packed = { "content-type": "application/json", "content-encoding": "gzip" };
		expect(await client.send("POST /api/histories", { text: gzipSync("{}"), headers: packed })).toMatchObject({
			status: 415,
			headers: { "accept-encoding": "identity" },
		});
	});
});

test.each(["application/jsonl", "application/json", "multipart/form-data; boundary=x", "application/vnd.ms-excel"])(
	"a file of type %s is refused with the types that are taken",
	async (type) => {
		const { id } = await client.history([]);
		const sent = { text: "prompt\na\n", headers: { "content-type": type } };
		expect((await client.send<Problem>(`POST /api/histories/${id}/import`, sent)).body).toMatchObject({
			status: 415,
			detail: `Expected a body of type text/csv, text/tab-separated-values, application/x-ndjson, found ${type}`,
		});
	},
);

describe("similar entries", () => {
	const keep = (entries: Entry[], model: string, features: number[]) =>
		storeFeatures(service.store, model, entries, Float32Array.from(features), AbortSignal.timeout(60_000));

	test("come nearest first, by their features' cosine, of this history and this model only", async () => {
		const { id, entries } = await client.history(["east", "north", "north-east", "west"].map((prompt) => ({ prompt })));
		const other = await client.history([{ prompt: "east too" }]);
		await keep(entries, "tiny", [1, 0, 0, 2, 3, 3, -1, 0]);
		await keep(other.entries, "tiny", [1, 0]);
		await keep(entries.slice(1, 2), "another", [1, 0, 0]);
		const at = `/api/histories/${id}/entries/${entries[0]!.id}`;
		const { body } = await client.send<SimilarEntries>(`GET ${at}/similar?model=tiny`);
		expect(body.map(({ entry }) => entry.prompt)).toEqual(["north-east", "north", "west"]);
		for (const [i, cosine] of [Math.SQRT1_2, 0, -1].entries()) expect(body[i]!.similarity).toBeCloseTo(cosine, 6);
		expect((await client.send<SimilarEntries>(`GET ${at}/similar?model=tiny&limit=1`)).body).toEqual(body.slice(0, 1));
		// Another prompt has other features.
		await client.send(`PATCH ${at}`, { json: { prompt: "south" } });
		expect((await client.send<Problem>(`GET ${at}/similar?model=tiny`)).body).toMatchObject({ status: 409 });
	});

	test("are found among more than are read at once, the older first of those that are as near", async () => {
		const { id, entries } = await client.history(Array.from({ length: 700 }, (_, i) => ({ prompt: `prompt ${i}` })));
		// Each direction eight times or nine, at several lengths.
		const angle = (i: number) => ((i * 37) % 83) / 30;
		const features = entries.flatMap((_, i) => [
			Math.cos(angle(i)) * (1 + (i % 2)),
			Math.sin(angle(i)) * (1 + (i % 2)),
		]);
		await keep(entries, "tiny", features);
		const order = entries.map((_, i) => i).filter((i) => i !== 0);
		order.sort((a, b) => angle(a) - angle(b) || a - b);
		const { body } = await client.send<SimilarEntries>(
			`GET /api/histories/${id}/entries/${entries[0]!.id}/similar?model=tiny&limit=100`,
		);
		expect(body.map(({ entry }) => entry.prompt)).toEqual(order.slice(0, 100).map((i) => `prompt ${i}`));
		for (const [i, { similarity }] of body.entries()) expect(similarity).toBeCloseTo(Math.cos(angle(order[i]!)), 6);
	});

	test("that have no direction, or were read by a model of another size, are no trouble", async () => {
		const { id, entries } = await client.history(["east", "nowhere", "of three"].map((prompt) => ({ prompt })));
		await keep(entries.slice(0, 2), "tiny", [1, 0, 0, 0]);
		await keep(entries.slice(2), "tiny", [1, 0, 0]);
		const { body } = await client.send<SimilarEntries>(
			`GET /api/histories/${id}/entries/${entries[0]!.id}/similar?model=tiny`,
		);
		expect(body.map(({ entry, similarity }) => [entry.prompt, similarity])).toEqual([["nowhere", 0]]);
	});

	test("of a model that is not served are refused", async () => {
		const { id, entries } = await client.history();
		const at = `/api/histories/${id}/entries/${entries[0]!.id}/similar`;
		const { body } = await client.send<Problem>(`GET ${at}?model=%00`);
		expect(body).toMatchObject({ status: 400, errors: [{ at: "model" }] });
		expect((await client.send(`GET ${at}`)).status).toBe(400);
	});
});

test("the samples are histories with a taste, the same each time, that the service takes", async () => {
	const { body } = await client.send<Sample[]>("GET /api/samples");
	const taste = { "blue-stripes": /blue/, "red-dots": /red/, "green-watercolour": /green/, neon: /neon/ };
	expect(body.map(({ id }) => id)).toEqual(Object.keys(taste));
	for (const { id, name, items } of body) {
		const wanted = items.filter(({ prompt }) => taste[id as keyof typeof taste].test(prompt));
		expect(wanted.length, id).toBeGreaterThan(items.length / 2);
		const made = await client.send<HistorySummary>("POST /api/histories", { json: { name, items } });
		expect(made).toMatchObject({ status: 201, body: { count: items.length } });
	}
	expect((await client.send("GET /api/samples")).body).toEqual(body);
});
