import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Job, JobPage, Problem, Settings } from "../api/index.ts";
import { deleteOldJobs } from "../store/old-jobs.ts";
import { storeProfileFile } from "../store/profile-files.ts";
import { storeProfile } from "../store/profiles.ts";
import { localUser } from "../store/users.ts";
import { begin, draw, finish } from "./testing/play-job.ts";
import { type Client, OPENING, TestService } from "./testing/test-service.ts";

let service: TestService;
let client: Client;
beforeAll(async () => {
	service = await TestService.open();
	client = await service.serve({ limits: { keptDays: 7, bytesOfUser: 1_000_000 } });
}, OPENING);
afterAll(() => service[Symbol.asyncDispose]());

const settings = async () => (await client.send<Settings>("GET /api/settings")).body;
const used = async () => (await settings()).storage.used;

/** A job that is done, with a picture. */
async function drawn(): Promise<Job> {
	const job = await client.job();
	const claim = await begin(service.store, job.id);
	await draw(service.store, claim);
	await finish(service.store, claim);
	return job;
}

test("the service's settings are told, with what the user keeps: prompts, profiles and pictures", async () => {
	expect(await settings()).toEqual({
		...{ jobPictures: 50, jobs: 10, histories: 200, entries: 10_000, captions: false, keptDays: 7 },
		storage: { most: 1_000_000, used: 0 },
	});
	const history = await client.history([{ prompt: "café" }, { prompt: "b" }]);
	const at = `/api/histories/${history.id}`;
	expect(await used()).toBe(6);
	await client.send(`POST ${at}/entries`, { json: { items: [{ prompt: "cc" }] } });
	await client.send(`PATCH ${at}/entries/${history.entries[0]!.id}`, { json: { prompt: "a" } });
	expect(await used()).toBe(4);
	await client.send(`DELETE ${at}/entries/${history.entries[1]!.id}`);
	expect(await used()).toBe(3);
	const user = await localUser(service.store);
	const profile = await storeProfile(service.store, {
		...{
			userId: user.id,
			historyId: history.id,
			model: "tiny",
			key: "k",
			readAt: new Date().toISOString(),
			removals: 2,
		},
		...{ view: { picks: [], map: [], variance: [0, 0] }, warnings: [] },
	});
	const [before, signal] = [await used(), new AbortController().signal];
	expect(before).toBeGreaterThan(3);
	if (typeof profile === "string") throw new Error(profile);
	await storeProfileFile(service.store, profile.id, new Uint8Array(300_000), signal);
	expect(await used()).toBe(before + 300_000);
	await client.send(`DELETE ${at}`);
	expect(await used()).toBe(0);
	const job = await drawn();
	const [{ bytes } = { bytes: "0" }] = (
		await sql<{ bytes: string }>`select sum(octet_length(png)) as bytes from pictures`.execute(service.store.kysely)
	).rows;
	expect(await used()).toBe(Number(bytes));
	await client.send(`DELETE /api/jobs/${job.id}`);
	expect(await used()).toBe(0);
});

test("who keeps as much as one may is refused more, with what to do, and nothing of it is kept", async () => {
	const [{ id, entries }, job] = [await client.history([{ prompt: "a" }]), await drawn()];
	const full = await service.serve({ limits: { bytesOfUser: await used() } });
	const refused = async (request: string, json: object) => {
		const answer = await full.send<Problem>(request, { json });
		expect(answer, request).toMatchObject({ status: 409, body: { type: "urn:drum:problem:storage-full" } });
		expect(answer.body.detail).toMatch(/^Expected at most 0 MB .* there are 1 MB. Delete jobs or histories/);
	};
	const before = await used();
	await refused("POST /api/histories", { name: "b", items: [{ prompt: "b" }] });
	await refused(`POST /api/histories/${id}/entries`, { items: [{ prompt: "b" }] });
	await refused("POST /api/jobs", { kind: "pictures", model: "tiny", prompt: "a", alphas: [0] });
	await refused(`PATCH /api/histories/${id}/entries/${entries[0]!.id}`, { prompt: "aa" });
	expect(
		(await full.send(`PATCH /api/histories/${id}/entries/${entries[0]!.id}`, { json: { prompt: "b" } })).status,
	).toBe(200);
	const csv = { text: "prompt\nb\n", headers: { "content-type": "text/csv" } };
	expect((await full.send(`POST /api/histories/${id}/import`, csv)).status).toBe(409);
	expect(await used()).toBe(before);
	await full.send(`DELETE /api/jobs/${job.id}`);
	expect((await full.send(`POST /api/histories/${id}/entries`, { json: { items: [{ prompt: "b" }] } })).status).toBe(
		201,
	);
});

test("jobs that ended so long ago are deleted, and no others", async () => {
	const [old, recent, waiting] = [await drawn(), await drawn(), await client.job()];
	const { kysely } = service.store;
	const ended = (days: number) => sql<Date>`now() - make_interval(days => ${days})`;
	await kysely
		.updateTable("jobs")
		.set({ ended_at: ended(8) })
		.where("id", "=", old.id)
		.execute();
	await kysely
		.updateTable("jobs")
		.set({ ended_at: ended(6) })
		.where("id", "=", recent.id)
		.execute();
	await kysely
		.updateTable("jobs")
		.set({ created_at: ended(9) })
		.where("id", "=", waiting.id)
		.execute();
	expect(await deleteOldJobs(service.store, 7)).toBe(1);
	const { jobs } = (await client.send<JobPage>("GET /api/jobs")).body;
	expect(jobs.map(({ id }) => id)).toEqual([recent.id, waiting.id]);
	expect(await deleteOldJobs(service.store, 7)).toBe(0);
});
