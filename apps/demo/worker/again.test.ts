import { rm } from "node:fs/promises";
import { startPostgres } from "@drum/test-postgres";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { runWorker } from "./testing/run-worker.ts";
import { likes, QUICK, Service, temporaryFolder } from "./testing/service.ts";

/** Of several pictures, each of which takes a while. */
const SERIES = { ...QUICK, numInferenceSteps: 25, prompt: "a star", alphas: [0, 0.25, 0.5, 0.75, 1] };

/** Which pictures a job has, told apart from any other that was ever stored. */
async function identities(service: Service, jobId: string): Promise<string[]> {
	return (await service.pictures(jobId)).map(({ id, place }) => `${place} ${id}`);
}

describe("a job whose worker is killed with it is done by the next one", { timeout: 180_000 }, () => {
	it("in the folder of an embedded database, and what was drawn is not drawn again", async () => {
		const folder = await temporaryFolder();
		onTestFinished(() => rm(folder, { recursive: true }));
		let jobId: string;
		{
			await using service = await Service.open({ folder });
			jobId = await service.send({ ...SERIES, historyId: await service.history(likes(30)) });
		}
		const worker = await runWorker({ folder });
		await worker.drawn(2);
		await worker.kill();
		await using service = await Service.open({ folder });
		expect(await service.job(jobId)).toMatchObject({ status: "running" });
		const before = await identities(service, jobId);
		expect(before.length).toBeGreaterThanOrEqual(2);
		await service.startWorker();
		expect(await service.ended(jobId)).toMatchObject({ status: "done" });
		const after = await identities(service, jobId);
		expect(after).toHaveLength(5);
		expect(after.slice(0, before.length)).toEqual(before);
	});

	it("on a server, where the others notice it", async () => {
		await using postgres = await startPostgres();
		const place = { url: await postgres.createDatabase() };
		await using service = await Service.open(place);
		const historyId = await service.history(likes(30));
		const workers = await Promise.all([runWorker(place), runWorker(place)]);
		const ids = await Promise.all(Array.from({ length: 3 }, (_, seed) => service.send({ ...SERIES, seed, historyId })));
		await workers[0]!.drawn(3);
		const begun = (await Promise.all(ids.map((id) => service.job(id)))).filter(({ status }) => status === "running");
		const before = await Promise.all(ids.map((id) => identities(service, id)));
		await workers[0]!.kill();
		expect(begun).toHaveLength(2);
		for (const [i, id] of ids.entries()) {
			expect(await service.ended(id)).toMatchObject({ status: "done", problem: null });
			const after = await identities(service, id);
			expect(after.map((each) => each.split(" ")[0])).toEqual(["0", "1", "2", "3", "4"]);
			expect(after.slice(0, before[i]!.length)).toEqual(before[i]);
		}
		const { profile_id } = await service.job(ids[0]!);
		for (const id of ids) expect(await service.job(id)).toMatchObject({ profile_id });
		await workers[1]!.kill();
	});
});

describe("a job whose database goes away with it", { timeout: 180_000 }, () => {
	it("is done when that is back, and what was drawn is not drawn again", async () => {
		await using postgres = await startPostgres();
		const place = { url: await postgres.createDatabase() };
		await using service = await Service.open(place);
		const worker = await runWorker(place);
		const id = await service.send({ ...SERIES, alphas: [0, 0, 0, 0] });
		await worker.drawn(2);
		const before = await identities(service, id);
		await postgres.crash();
		await postgres.start();
		expect(await service.ended(id)).toMatchObject({ status: "done", problem: null });
		const after = await identities(service, id);
		expect(after).toHaveLength(4);
		expect(after.slice(0, before.length)).toEqual(before);
		await worker.kill();
	});
});

describe("workers that share a queue", async () => {
	const service = await Service.open();
	afterAll(() => service[Symbol.asyncDispose]());

	it("share its jobs, each done once", async () => {
		await service.startWorker();
		await service.startWorker();
		const ids = await Promise.all(
			Array.from({ length: 6 }, (_, i) => service.send({ ...QUICK, seed: i, prompt: "a cat", alphas: [0, 0] })),
		);
		for (const id of ids) {
			expect(await service.ended(id)).toMatchObject({ status: "done" });
			expect(await service.pictures(id)).toHaveLength(2);
		}
	});
});

describe("a worker that is stopped", async () => {
	const service = await Service.open();
	afterAll(() => service[Symbol.asyncDispose]());

	it("ends its job first, if there is time", async () => {
		const worker = await service.startWorker();
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		const next = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		await service.when(id, ({ status }) => status === "running");
		await worker.stop();
		expect(await service.job(id)).toMatchObject({ status: "done" });
		expect(await service.job(next)).toMatchObject({ status: "queued", started_at: null });
		await service.cancel(next);
	});

	it("else gives it back, for the next worker to go on with, as often as it may be", async () => {
		const id = await service.send({ ...SERIES, numInferenceSteps: 20, historyId: await service.history(likes(30)) });
		const drawn: string[][] = [];
		for (let round = 0; round < 4; round++) {
			const worker = await service.startWorker();
			await service.when(id, ({ progress }) => progress?.station === "steps");
			await worker.stop({ graceSeconds: 0 });
			const job = await service.job(id);
			expect(job).toMatchObject({ status: "queued", started_at: null, progress: null, preview: null, problem: null });
			drawn.push(await identities(service, id));
		}
		await service.startWorker();
		expect(await service.ended(id)).toMatchObject({ status: "done" });
		const all = await identities(service, id);
		expect(all).toHaveLength(5);
		for (const before of drawn) expect(all.slice(0, before.length)).toEqual(before);
	});
});
