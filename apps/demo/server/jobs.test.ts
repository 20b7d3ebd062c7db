import { encodePng, readPictureMarks, readPngParameters } from "@drum/pipeline";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Job, JobPage, Problem } from "../api/index.ts";
import { addUser } from "../store/users.ts";
import { begin, draw, finish, PIXEL } from "./testing/play-job.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve();
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());
beforeEach(async () => {
	const { kysely } = service.store;
	await kysely.deleteFrom("jobs").execute();
});

const PICTURES = { kind: "pictures", model: "tiny", prompt: "a star", alphas: [0] };
const jobRows = () => service.store.kysely.selectFrom("jobs").selectAll().execute();

describe("a job", () => {
	test("is queued with all that the request left open, and told where", async () => {
		const { id: historyId } = await client.history();
		const json = { kind: "pictures", model: "tiny", prompt: "a star", historyId };
		const made = await client.send<Job>("POST /api/jobs", { json });
		expect(made).toMatchObject({
			...{ status: 202, headers: { location: `/api/jobs/${made.body.id}` } },
			body: { status: "queued", version: 1, ahead: 0, pictures: [], request: { ...json, alphas: [0, 0.3] } },
		});
		const { seed } = made.body.request as { seed: number };
		expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
		expect((await client.send(`GET /api/jobs/${made.body.id}`)).body).toEqual(made.body);
	});

	test("is in the queue under its own id", async () => {
		const { id } = await client.job();
		const found = new Promise((resolve) => {
			void service.queue.work(async (job) => {
				if (job.id === id) resolve(job.data);
			});
		});
		expect(await found).toEqual({ jobId: id });
	});

	test.each([
		["a model that is not served", { model: "huge" }, "/model", "one of tiny"],
		["a width between the model's", { width: 100 }, "/width", "a multiple of 8, found 100"],
		["a sampler that the model has not", { scheduler: "flow-match-euler" }, "/scheduler", "one of ddim, euler"],
		["an alpha above 1", { alphas: [0, 1.5] }, "/alphas/1", "<=1"],
		["no prompt", { prompt: " " }, "/prompt", "expected a prompt"],
		["half of a surrogate pair", { prompt: "a \ud83d star" }, "/prompt", "surrogates"],
		["NUL", { negativePrompt: "a\0" }, "/negativePrompt", "NUL"],
		["a field that there is not", { steps: 5 }, "", "steps"],
		["alphas but no history", { alphas: [0, 1] }, "", "historyId"],
	])("with %s is refused, and no row is written", async (_, change, at, message) => {
		const refused = await client.send<Problem>("POST /api/jobs", { json: { ...PICTURES, ...change } });
		expect(refused).toMatchObject({ status: 422, body: { type: "urn:drum:problem:invalid" } });
		expect(refused.body.errors).toContainEqual({ at, message: expect.stringContaining(message) });
		expect(await jobRows()).toEqual([]);
	});

	test("of a history without anything liked is refused", async () => {
		for (const items of [[], [{ prompt: "a", intensity: 0 }]]) {
			const { id: historyId } = await client.history(items);
			const refused = await client.send<Problem>("POST /api/jobs", {
				json: { kind: "profile", model: "tiny", historyId },
			});
			expect(refused).toMatchObject({ status: 422, body: { errors: [{ at: "/historyId" }] } });
		}
		const json = { kind: "profile", model: "tiny", historyId: crypto.randomUUID() };
		expect((await client.send("POST /api/jobs", { json })).status).toBe(404);
		expect(await jobRows()).toEqual([]);
	});

	test("counts those before it, which fall as they end", async () => {
		const [first, second, third] = [await client.job(), await client.job(), await client.job()];
		const ahead = async (job: Job) => (await client.send<Job>(`GET /api/jobs/${job.id}`)).body.ahead;
		expect([await ahead(first), await ahead(second), await ahead(third)]).toEqual([0, 1, 2]);
		const claim = await begin(service.store, first.id);
		expect([await ahead(first), await ahead(second)]).toEqual([undefined, 1]);
		await finish(service.store, claim);
		expect([await ahead(second), await ahead(third)]).toEqual([0, 1]);
	});

	test("of each user comes in turn: one who has many lets others between them", async () => {
		// Of its own, since no other worker may take them.
		await using own = await TestService.open();
		const { store, queue } = own;
		const shared = await own.serve({ auth: true });
		const [ann, bob, carl] = await Promise.all(
			["ann", "bob", "carl"].map(async (name) => shared.as((await addUser(store, name)).token)),
		);
		const order: string[] = [];
		const named = new Map<string, string>();
		const ask = async (user: Client, name: string) => named.set((await user.job()).id, name);
		for (const i of [1, 2, 3, 4]) await ask(ann!, `ann ${i}`);
		for (const i of [1, 2]) await ask(bob!, `bob ${i}`);
		const { id, ahead } = await carl!.job();
		expect(ahead).toBe(2);
		named.set(id, "carl 1");
		const all = Promise.withResolvers<void>();
		await queue.work(async ({ id }) => {
			if (named.has(id)) order.push(named.get(id)!);
			if (order.length === named.size) all.resolve();
		});
		await all.promise;
		expect(order).toEqual(["ann 1", "bob 1", "carl 1", "ann 2", "bob 2", "ann 3", "ann 4"]);
	});

	test("that would cost more than one may is refused, with what it may be", async () => {
		const refused = await client.send<Problem>("POST /api/jobs", {
			json: { ...PICTURES, alphas: new Array(11).fill(0), numInferenceSteps: 200, width: 2048, height: 2048 },
		});
		expect(refused).toMatchObject({ status: 422, body: { type: "urn:drum:problem:job-too-costly" } });
		expect(refused.body.detail).toMatch(
			/at most 5120000, as 50 pictures of 64 × 64 in 25 steps have; found 2048 × 2048 × 200 × 11 = /,
		);
		const strict = await service.serve({ limits: { workOfJob: 2 } });
		const status = async (json: object) =>
			(await strict.send("POST /api/jobs", { json: { ...PICTURES, ...json } })).status;
		expect(await status({ alphas: [0, 0] })).toBe(202);
		expect(await status({ alphas: [0, 0, 0] })).toBe(422);
		expect(await status({ width: 128, numInferenceSteps: 26 })).toBe(422);
		expect(await status({ kind: "pictures", width: 128 })).toBe(202);
		// Prompts in chunks cost as many rows, the negative one's too.
		const long = { promptSyntax: "a1111", negativePrompt: "BREAK ".repeat(63) };
		expect(await status({ ...long, promptSyntax: "plain" })).toBe(202);
		const costly = await strict.send<Problem>("POST /api/jobs", { json: { ...PICTURES, ...long } });
		expect(costly).toMatchObject({ status: 422, body: { type: "urn:drum:problem:job-too-costly" } });
		expect(costly.body.detail).toMatch(/ × \d+\.\d\d for prompts of up to 64 chunks = \d+\. Ask .* shorter prompts/);
		expect(await status({ promptSyntax: "a1111", alphas: [0] })).toBe(202);
	});

	test("is cancelled once, whatever its state", async () => {
		const { id } = await client.job();
		const claim = await begin(service.store, id);
		const cancelled = await client.send<Job>(`POST /api/jobs/${id}/cancel`);
		expect(cancelled).toMatchObject({ status: 200, body: { status: "cancelled", endedAt: expect.any(String) } });
		expect(await finish(service.store, claim)).toBe(false);
		expect((await client.send(`POST /api/jobs/${id}/cancel`)).body).toEqual(cancelled.body);
	});

	test("is deleted with its pictures, but not before it has ended", async () => {
		const { id } = await client.job();
		const claim = await begin(service.store, id);
		await draw(service.store, claim);
		const early = await client.send<Problem>(`DELETE /api/jobs/${id}`);
		expect(early).toMatchObject({ status: 409, body: { type: "urn:drum:problem:job-unended" } });
		await finish(service.store, claim);
		const { body } = await client.send<Job>(`GET /api/jobs/${id}`);
		expect(body).toMatchObject({ status: "done", pictures: [{ alpha: 0.3, seed: 4_000_000_000, width: 64 }] });
		const { url } = body.pictures[0]!;
		expect((await client.send(`GET ${url}`)).status).toBe(200);
		expect((await client.send(`DELETE /api/jobs/${id}`)).status).toBe(204);
		for (const request of [`GET ${url}`, `GET /api/jobs/${id}`, `DELETE /api/jobs/${id}`])
			expect((await client.send(request)).status).toBe(404);
	});
});

describe("an Idempotency-Key", () => {
	test("makes one job of fifty requests at once", async () => {
		const requests = Array.from({ length: 50 }, () =>
			client.send<Job>("POST /api/jobs", { json: PICTURES, headers: { "idempotency-key": "again and again" } }),
		);
		const answers = await Promise.all(requests);
		expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
		expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 202]);
		expect(await jobRows()).toHaveLength(1);
	});

	test("of another request is refused; that of a deleted job is free again", async () => {
		const headers = { "idempotency-key": "k" };
		const first = await client.job({}, headers);
		const other = await client.send<Problem>("POST /api/jobs", { json: { ...PICTURES, prompt: "a moon" }, headers });
		expect(other).toMatchObject({ status: 422, body: { type: "urn:drum:problem:key-used" } });
		await client.send(`POST /api/jobs/${first.id}/cancel`);
		expect((await client.job({}, headers)).id).toBe(first.id);
		await client.send(`DELETE /api/jobs/${first.id}`);
		expect((await client.job({}, headers)).id).not.toBe(first.id);
	});

	test("of a job that is there is answered though there is no room for another", async () => {
		const narrow = await service.serve({ limits: { jobsOfUser: 1 } });
		const headers = { "idempotency-key": "k" };
		const { id } = await narrow.job({}, headers);
		expect((await narrow.send("POST /api/jobs", { json: PICTURES })).status).toBe(429);
		expect(await narrow.send("POST /api/jobs", { json: PICTURES, headers })).toMatchObject({
			status: 200,
			body: { id },
		});
	});
});

describe("where there is no room", () => {
	test("of the user's own, a job is refused until one of theirs may have ended", async () => {
		const narrow = await service.serve({ limits: { jobsOfUser: 3 } });
		const answers = await Promise.all(
			Array.from({ length: 8 }, () => narrow.send("POST /api/jobs", { json: PICTURES })),
		);
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(5);
		expect(refused[0]!.body).toMatchObject({ type: "urn:drum:problem:too-many-jobs" });
		expect(Number(refused[0]!.headers["retry-after"])).toBeGreaterThan(0);
		expect(await jobRows()).toHaveLength(3);
		const { body } = await narrow.send<JobPage>("GET /api/jobs");
		await narrow.send(`POST /api/jobs/${body.jobs[0]!.id}/cancel`);
		expect((await narrow.send("POST /api/jobs", { json: PICTURES })).status).toBe(202);
	});

	test("of all, the time to wait is what the last jobs took", async () => {
		const narrow = await service.serve({ limits: { jobs: 1 } });
		const done = await narrow.job();
		await finish(service.store, await begin(service.store, done.id));
		const { kysely } = service.store;
		const [startedAt, endedAt] = [new Date(0), new Date(42_000)];
		await kysely
			.updateTable("jobs")
			.set({ started_at: startedAt, ended_at: endedAt })
			.where("id", "=", done.id)
			.execute();
		await narrow.job();
		const refused = await narrow.send("POST /api/jobs", { json: PICTURES });
		expect(refused).toMatchObject({ status: 429, body: { type: "urn:drum:problem:queue-full" } });
		expect(refused.headers["retry-after"]).toBe("42");
	});
});

describe("the list of jobs", () => {
	test("comes in pages, newest first, that miss and repeat nothing while jobs come and go", async () => {
		const wide = await service.serve({ limits: { jobsOfUser: 100 } });
		const ids: string[] = [];
		for (let i = 0; i < 7; i++) ids.unshift((await wide.job()).id);
		// Two of one time to the microsecond are told apart too.
		const { created_at } = (await jobRows())[0]!;
		await service.store.kysely.updateTable("jobs").set({ created_at }).where("id", "in", ids.slice(2, 4)).execute();
		const whole = (await wide.send<JobPage>("GET /api/jobs?limit=100")).body.jobs.map(({ id }) => id);
		expect(new Set(whole)).toEqual(new Set(ids));
		const seen: string[] = [];
		for (let next: string | undefined = ""; next !== undefined; ) {
			const page: JobPage = (await wide.send<JobPage>(`GET /api/jobs?limit=2${next && `&before=${next}`}`)).body;
			seen.push(...page.jobs.map(({ id }) => id));
			next = page.next;
			await wide.job();
		}
		expect(seen).toEqual(whole);
	});

	test.each(["x", "W10", Buffer.from(`["' or 1=1 --","${crypto.randomUUID()}"]`).toString("base64url")])(
		"from a place that is none, %s, is refused",
		async (before) => {
			const refused = await client.send<Problem>(`GET /api/jobs?before=${before}`);
			expect(refused).toMatchObject({ status: 400, body: { errors: [{ at: "before" }] } });
		},
	);
});

test.each([
	["a request that nobody could send", { request: JSON.stringify({ kind: "pictures", prompt: 5, alphas: "x" }) }],
	["progress at no station", { progress: JSON.stringify({ station: "nowhere" }) }],
	["a problem of no kind", { problem: JSON.stringify([1]) }],
	["warnings that are none", { warnings: JSON.stringify({ a: 1 }) }],
])("a job with %s hides no others, and can be deleted", async (_, row) => {
	const [damaged, whole] = [await client.job(), await client.job()];
	await service.store.kysely.updateTable("jobs").set(row).where("id", "=", damaged.id).execute();
	const shown = { id: damaged.id, problem: { type: "urn:drum:problem:job-damaged" } };
	expect((await client.send<JobPage>("GET /api/jobs")).body.jobs).toMatchObject([{ id: whole.id }, shown]);
	expect(await client.send(`GET /api/jobs/${damaged.id}`)).toMatchObject({ status: 200, body: shown });
	expect((await client.send(`POST /api/jobs/${damaged.id}/cancel`)).status).toBe(200);
	expect((await client.send(`DELETE /api/jobs/${damaged.id}`)).status).toBe(204);
	expect((await client.send<JobPage>("GET /api/jobs")).body.jobs).toMatchObject([{ id: whole.id }]);
});

test("rows that could not be shown are not kept", async () => {
	const { kysely } = service.store;
	const { id } = await client.history();
	const forever = sql<Date>`'infinity'`;
	const writes = [
		kysely.updateTable("histories").set({ updated_at: forever }).where("id", "=", id),
		kysely.updateTable("jobs").set({ created_at: forever }),
		kysely.updateTable("entries").set({ intensity: sql<number>`'NaN'` }).where("history_id", "=", id),
	];
	await client.job();
	for (const write of writes) await expect(write.execute()).rejects.toThrow(/violates check constraint/);
});

test("a picture is a file with a name, kept by the client for good, and not sent twice", async () => {
	const { id } = await client.job();
	await draw(service.store, await begin(service.store, id));
	const { body: job } = await client.send<Job>(`GET /api/jobs/${id}`);
	const { url } = job.pictures[0]!;
	const raw = await client.app.inject({ url, headers: client.headers });
	const shared = { prompt: "a star", model: "sd1" };
	expect(raw.rawPayload).toEqual(Buffer.from(await encodePng(PIXEL, shared)));
	expect(raw.headers).toMatchObject({
		"content-type": "image/png",
		"content-disposition": 'inline; filename="seed-4000000000-alpha-0.3.png"',
		"cache-control": "private, max-age=31536000, immutable",
	});
	const again = await client.send(`GET ${url}`, { headers: { "if-none-match": `"x", W/${raw.headers.etag}` } });
	expect(again).toMatchObject({ status: 304, body: "" });
	expect((await client.send(`GET ${url}`, { headers: { "if-none-match": '"x"' } })).status).toBe(200);
	expect((await client.send(`GET ${url.replace(".png", "")}`)).status).toBe(404);

	const inForm = async (form: string) =>
		readPngParameters(
			(await client.app.inject({ url: `${url}?parameters=${form}`, headers: client.headers })).rawPayload,
		);
	expect(await inForm("full")).toEqual({ ...shared, references: [{ prompt: "a red dot", intensity: 3 }] });
	expect(await inForm("none")).toBeUndefined();
	expect((await client.send(`GET ${url}?parameters=most`)).status).toBe(400);

	for (const [extension, format] of [
		["jpg", "jpeg"],
		["webp", "webp"],
	] as const) {
		const other = url.replace(/png$/, extension);
		const file = await client.app.inject({ url: `${other}?parameters=full`, headers: client.headers });
		expect(file.headers["content-type"]).toBe(`image/${format}`);
		expect(file.headers["content-disposition"]).toContain(`alpha-0.3.${extension}"`);
		expect(await readPictureMarks(file.rawPayload)).toEqual({
			...{ format, width: 1, height: 1, sourceType: "trainedAlgorithmicMedia" },
			parameters: { ...shared, references: [{ prompt: "a red dot", intensity: 3 }] },
		});
		const bare = await client.app.inject({ url: `${other}?parameters=none`, headers: client.headers });
		expect(await readPictureMarks(bare.rawPayload)).not.toHaveProperty("parameters");
	}
});
