import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { History, Job, NewJob, Session } from "../../api/index.ts";
import { type Client, OPENING, TestService } from "../../server/testing/test-service.ts";
import { openModels } from "../../worker/models.ts";
import { TINY } from "../../worker/testing/tiny.ts";
import { startWorker } from "../../worker/worker.ts";
import { createPassingHistory } from "../passing-histories.ts";
import { tablesWith } from "../testing/tables-with.ts";
import { TestBucket } from "../testing/test-bucket.ts";
import { addUser, removeUser } from "../users.ts";
import { Bucket, StorageAway } from "./bucket.ts";

const ends = new AsyncDisposableStack();
let bucket: TestBucket;
let service: TestService;
let server: Client;
/** Each test's own user. */
let client: Client;
let name = "";
/** Failures of the store that were told. */
const away: string[] = [];

beforeAll(async () => {
	bucket = ends.use(await TestBucket.open());
	service = ends.use(
		await TestService.open({ bucket: bucket.place, onAway: ({ message }) => void away.push(message) }),
	);
	const models = ends.use(await openModels([TINY]));
	server = await service.serve({ auth: true, models: models.list() });
	const { store, queue } = service;
	const worker = await startWorker({ store, queue, models });
	ends.defer(() => worker.stop({ graceSeconds: 0 }));
}, OPENING);
afterAll(() => ends.disposeAsync());

beforeEach(async () => {
	name = crypto.randomUUID();
	client = server.as((await addUser(service.store, name)).token);
});

/** Draws a picture, or only makes a profile; quick. */
const begin = (request: Partial<NewJob> = {}) => client.job({ numInferenceSteps: 2, ...request } as never);

async function ended({ id }: Job): Promise<Job> {
	const read = async () => (await client.send<Job>(`GET /api/jobs/${id}`)).body;
	await expect.poll(async () => (await read()).status, { timeout: 30_000 }).not.toMatch(/queued|running/);
	return read();
}

const personal = ({ id }: History) => ({ historyId: id, alphas: [0.3] });

/** Lets time pass for what is announced, and removes what is due. */
async function sweepAll(): Promise<void> {
	await sql`update objects_to_remove set due = now()`.execute(service.store.kysely);
	await service.store.objects!.sweep();
}

const announced = () => service.store.kysely.selectFrom("objects_to_remove").select("name").execute();

describe("pictures and profiles", () => {
	test("are objects, and served as from the database", async () => {
		const job = await ended(await begin(personal(await client.history())));
		const names = await bucket.names();
		expect(names).toEqual([expect.stringMatching(/^pictures\/[\w-]{36}$/), expect.stringMatching(/^profiles\//)]);
		const { kysely } = service.store;
		expect(await kysely.selectFrom("pictures").select(["png", "object"]).execute()).toEqual([
			{ png: null, object: names[0] },
		]);
		expect(await kysely.selectFrom("profile_parts").selectAll().execute()).toEqual([]);
		expect(await announced()).toEqual([]);
		const png = await client.send(`GET ${job.pictures[0]!.url}`);
		expect(png).toMatchObject({ status: 200, headers: { "content-type": "image/png" } });
		const file = await client.send(`GET /api/profiles/${job.profileId}/file`);
		expect(file).toMatchObject({ status: 200, headers: { "content-type": "application/octet-stream" } });
	});

	test("of a prompt that its user deletes, only a picture that it steered stays", async () => {
		const gone = "a quetzal on a fence";
		const history = await client.history([{ prompt: gone }, { prompt: "a star" }]);
		const job = await ended(await begin(personal(history)));
		expect(await tablesWith(service.store, gone)).toEqual(["entries", "profiles"]);
		expect(await bucket.filesWith(gone)).toEqual([/^pictures/, /^profiles/].map((name) => expect.stringMatching(name)));
		const entry = history.entries.find(({ prompt }) => prompt === gone)!;
		await client.send(`DELETE /api/histories/${history.id}/entries/${entry.id}`);
		await sweepAll();
		expect(await tablesWith(service.store, gone)).toEqual([]);
		expect(await bucket.filesWith(gone)).toEqual([expect.stringMatching(/^pictures/)]);
		expect((await client.send(`GET /api/profiles/${job.profileId}`)).status).toBe(404);
		expect((await client.send(`GET /api/profiles/${job.profileId}/file`)).status).toBe(404);
		expect((await ended(job)).profileId).toBeUndefined();
		await client.send(`DELETE /api/jobs/${job.id}`);
		await sweepAll();
		expect(await bucket.filesWith(gone)).toEqual([]);
	});

	test("of a history that comes with a request are a picture alone", async () => {
		const before = await bucket.names();
		const { body } = await client.send<Session>("GET /api/session");
		const historyId = await createPassingHistory(service.store, body.user.id, [{ prompt: "a red dot", intensity: 1 }]);
		expect(await ended(await begin({ historyId, alphas: [0.3] }))).toMatchObject({ status: "done" });
		expect(await bucket.names()).toHaveLength(before.length + 1);
	});

	test("go with their job, their history and their user", async () => {
		const before = await bucket.names();
		const history = await client.history();
		const [first] = [await ended(await begin(personal(history))), await ended(await begin())];
		expect((await bucket.names()).length).toBe(before.length + 3);
		await client.send(`DELETE /api/jobs/${first.id}`);
		expect(await service.store.objects!.sweep()).toBe(1);
		await client.send(`DELETE /api/histories/${history.id}`);
		expect(await service.store.objects!.sweep()).toBe(1);
		await removeUser(service.store, name);
		expect(await service.store.objects!.sweep()).toBe(1);
		expect(await bucket.names()).toEqual(before);
		expect(await announced()).toEqual([]);
	});
});

describe("while the store is away", () => {
	test("files are 503, and jobs wait", async () => {
		const before = await bucket.names();
		const job = await ended(await begin());
		bucket.state = "refuses connections";
		away.length = 0;
		const waiting = await begin(personal(await client.history()));
		await expect.poll(() => away.length, { timeout: 30_000 }).toBeGreaterThan(1);
		const refused = await client.send(`GET ${job.pictures[0]!.url}`);
		expect(refused).toMatchObject({
			status: 503,
			headers: { "retry-after": "5" },
			body: { type: "urn:drum:problem:storage-away" },
		});
		await client.send(`DELETE /api/jobs/${job.id}`);
		await expect(service.store.objects!.sweep()).rejects.toBeInstanceOf(StorageAway);
		bucket.state = "there";
		expect(await ended(waiting)).toMatchObject({ status: "done", pictures: [{ alpha: 0.3 }] });
		await sweepAll();
		expect(await bucket.names()).toHaveLength(before.length + 2);
		expect(await announced()).toEqual([]);
	});

	test("a job that is cancelled leaves nothing", async () => {
		const before = await bucket.names();
		bucket.state = "refuses connections";
		away.length = 0;
		const job = await begin();
		await expect.poll(() => away.length, { timeout: 30_000 }).toBeGreaterThan(0);
		await client.send(`POST /api/jobs/${job.id}/cancel`);
		bucket.state = "there";
		expect(await ended(await begin())).toMatchObject({ status: "done" });
		await sweepAll();
		expect(await bucket.names()).toHaveLength(before.length + 1);
	});
});

describe("an object", () => {
	test("of a store that does not answer is given up in time", async () => {
		bucket.state = "does not answer";
		const asked = new Bucket({ ...bucket.place, answerMs: 50 }).get("pictures/a");
		await expect(asked).rejects.toThrow("GET pictures/a: no answer in time");
		bucket.state = "there";
	});

	test("that no row names in time is removed, and cannot be named any more", async () => {
		const { store } = service;
		const objects = store.objects!;
		const [kept, left] = [
			await objects.write("pictures", Uint8Array.of(1)),
			await objects.write("pictures", Uint8Array.of(2)),
		];
		await store.kysely.transaction().execute((transaction) => objects.claim(transaction, kept));
		await sweepAll();
		expect(await objects.read(kept)).toEqual(Uint8Array.of(1));
		expect(await objects.read(left)).toBeUndefined();
		const late = store.kysely.transaction().execute((transaction) => objects.claim(transaction, left));
		await expect(late).rejects.toThrow("not named in time");
	});

	test("of a bucket that is not there, or with a wrong key, is a failure and not one that is not there", async () => {
		const { place } = bucket;
		const wrong = [
			{ ...place, url: place.url.replace("/drum/", "/other/") },
			{ ...place, accessKeyId: "wrong" },
		];
		for (const each of wrong.map((place) => new Bucket(place))) {
			await expect(each.get("pictures/a")).rejects.toBeInstanceOf(StorageAway);
			await expect(each.put("pictures/a", Uint8Array.of(1))).rejects.toBeInstanceOf(StorageAway);
			await expect(each.remove("pictures/a")).rejects.toBeInstanceOf(StorageAway);
		}
	});
});
