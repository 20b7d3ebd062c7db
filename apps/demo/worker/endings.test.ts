import { cp, mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArgumentError } from "@drum/tensor";
import { afterAll, describe, expect, it } from "vitest";
import type { JobRequest } from "../api/index.ts";
import { openModels } from "./models.ts";
import { likes, QUICK, Service } from "./testing/service.ts";
import { TINY } from "./testing/tiny.ts";

/** Takes seconds: to be ended before. */
const LONG = { ...QUICK, prompt: "a star", numInferenceSteps: 200 } as const;

describe("a job ends before it is done", async () => {
	const service = await Service.open();
	await service.startWorker();
	afterAll(() => service[Symbol.asyncDispose]());
	/** That the worker is free again, and well. */
	const nextIsDone = async () => {
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		expect(await service.ended(id)).toMatchObject({ status: "done" });
	};

	it("when it is cancelled: at the next step, and what is drawn stays", async () => {
		const id = await service.send({ ...LONG, numInferenceSteps: 20, alphas: new Array<number>(11).fill(0) });
		await service.when(id, ({ progress }) => (progress?.picture ?? 0) > 0);
		await service.cancel(id);
		await nextIsDone();
		const job = await service.job(id);
		expect(job).toMatchObject({ status: "cancelled", preview: null, preview_of: null, problem: null });
		const { length } = await service.pictures(id);
		expect(length).toBeGreaterThan(0);
		expect(length).toBeLessThan(11);
	});

	it("in the middle of a step that heeds no signal: what runs of the model is ended", async () => {
		await using models = await openModels([TINY]);
		const ended = Promise.withResolvers<never>();
		const begun = Promise.withResolvers<void>();
		let begins = 0;
		const use: typeof models.use = (id, options, task) =>
			models.use(id, options, (model) => {
				const generate = () => {
					if (begins++ > 0) throw new ArgumentError({ what: "the next" });
					begun.resolve();
					return ended.promise;
				};
				return task({ ...model, drum: Object.assign(Object.create(model.drum), { generate }) });
			});
		await using strict = await Service.open();
		await strict.startWorker(
			{ get: (id) => models.get(id), use },
			{ endRun: () => ended.reject(new Error("ended by the worker")) },
		);
		const [id, next] = [
			await strict.send({ ...LONG, alphas: [0] }),
			await strict.send({ ...QUICK, prompt: "x", alphas: [0] }),
		];
		await begun.promise;
		await strict.cancel(id);
		// The worker is free again: it has come to the next.
		expect(await strict.ended(next)).toMatchObject({ status: "failed" });
		expect(await strict.job(id)).toMatchObject({ status: "cancelled" });
	});

	it("when it takes longer than a job may", async () => {
		await using strict = await Service.open();
		await strict.startWorker(undefined, { jobMinutes: 1 / 60_000 });
		const id = await strict.send({ ...LONG, alphas: [0] });
		const { status, problem } = await strict.ended(id);
		expect({ status, type: problem?.type }).toEqual({ status: "failed", type: "urn:drum:problem:took-too-long" });
	});

	it("when its request is none that could be sent: at once", async () => {
		const id = await service.send({ ...QUICK, prompt: 5 as unknown as string, alphas: [0] });
		const { status, problem } = await service.ended(id);
		expect({ status, type: problem?.type }).toEqual({ status: "failed", type: "urn:drum:problem:job-damaged" });
		await nextIsDone();
	});

	it("when it was cancelled before a worker came to it: it is not begun", async () => {
		const before = await service.send({ ...LONG, alphas: [0] });
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		await service.cancel(id);
		await service.cancel(before);
		await nextIsDone();
		expect(await service.job(id)).toMatchObject({ status: "cancelled", started_at: null });
		expect(await service.pictures(id)).toEqual([]);
	});

	it("when its user is removed, with all that was theirs", async () => {
		const other = { name: "another" };
		const users = service.store.kysely.insertInto("users").values(other).returning("id");
		const { id: userId } = await users.executeTakeFirstOrThrow();
		const historyId = await service.history(likes(20));
		await service.store.kysely.updateTable("histories").set({ user_id: userId }).where("id", "=", historyId).execute();
		const id = await service.send({ ...LONG, historyId, alphas: [0.5] });
		await service.store.kysely.updateTable("jobs").set({ user_id: userId }).where("id", "=", id).execute();
		await service.when(id, ({ progress }) => progress?.station === "steps");
		await service.store.kysely.deleteFrom("users").where("id", "=", userId).execute();
		await nextIsDone();
		expect(await service.store.kysely.selectFrom("profile_parts").selectAll().execute()).toEqual([]);
	});

	it("when its history was deleted before it was begun", async () => {
		const historyId = await service.history(likes(5));
		const before = await service.send({ ...LONG, alphas: [0] });
		const id = await service.send({ kind: "profile", model: "tiny", historyId });
		await service.store.kysely.deleteFrom("histories").where("id", "=", historyId).execute();
		await service.cancel(before);
		expect(await service.ended(id)).toMatchObject({
			status: "failed",
			problem: { type: "urn:drum:problem:history-gone", status: 409 },
		});
	});

	it("when its history is deleted while it is read", async () => {
		const historyId = await service.history(likes(600));
		const id = await service.send({ kind: "profile", model: "tiny", historyId });
		await service.when(id, ({ progress }) => progress?.station === "embeddings");
		await service.store.kysely.deleteFrom("histories").where("id", "=", historyId).execute();
		expect(await service.ended(id)).toMatchObject({
			status: "failed",
			problem: { type: "urn:drum:problem:history-gone" },
		});
	});

	const HISTORY = "11111111-1111-4111-8111-111111111111";
	it.each<[string, JobRequest, string, RegExp]>([
		["a model that is not served", { ...QUICK, model: "other", prompt: "a cat", alphas: [0] }, "argument", /tiny/],
		["a size that the model has not", { ...QUICK, prompt: "a", alphas: [0], width: 100 }, "argument", /width/],
		["a sampler that is none", { ...QUICK, prompt: "a", alphas: [0], scheduler: "none" }, "argument", /scheduler/],
		["a history that is not the user's", { kind: "profile", model: "tiny", historyId: HISTORY }, "history-gone", /./],
	])("with a problem that its user can read: %s", async (_, request, type, detail) => {
		const { historyId, ...rest } = request;
		const id = await service.send(rest as JobRequest);
		await service.store.kysely
			.updateTable("jobs")
			.set({ request: JSON.stringify(request), history_id: null })
			.where("id", "=", id)
			.execute();
		const { status, problem } = await service.ended(id);
		expect(status).toBe("failed");
		expect(problem!.type).toBe(`urn:drum:problem:${type}`);
		expect(problem!.detail).toMatch(detail);
	});

	it("with a problem where the history is empty, or nothing in it was liked", async () => {
		const empty = await service.history([]);
		const id = await service.send({ kind: "profile", model: "tiny", historyId: empty });
		expect(await service.ended(id)).toMatchObject({ problem: { type: "urn:drum:problem:empty-history" } });
		const loveless = await service.history([{ prompt: "a cat", intensity: 0 }]);
		const other = await service.send({ kind: "profile", model: "tiny", historyId: loveless });
		expect((await service.ended(other)).problem!.detail).toMatch(/intensities/);
	});
});

describe("a job fails", async () => {
	const service = await Service.open();
	const folder = await mkdtemp(join(tmpdir(), "drum-worker-"));
	afterAll(async () => {
		await service[Symbol.asyncDispose]();
		await rm(folder, { recursive: true });
	});

	it("without a word of where the model lies, where its weights are broken; that the log tells", async () => {
		await cp(TINY.source, folder, { recursive: true });
		await truncate(join(folder, "unet", "diffusion_pytorch_model.safetensors"), 1000);
		const logged: { err: Error }[] = [];
		const log = { warn: () => {}, error: (fields: object) => logged.push(fields as { err: Error }) };
		const worker = await service.startWorker(await openModels([{ ...TINY, source: folder }]), { log });
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		const { status, problem } = await service.ended(id);
		expect(status).toBe("failed");
		expect(problem).toMatchObject({ type: "urn:drum:problem:checkpoint", status: 500 });
		expect(JSON.stringify(problem)).not.toMatch(/tmp|diffusion_pytorch_model/);
		expect(logged[0]!.err.message).toContain(join(folder, "unet", "diffusion_pytorch_model.safetensors"));
		await worker.stop();
	});

	it("unexpectedly: it is tried again, and the next try ends it well", async () => {
		await using models = await openModels([TINY]);
		let tries = 0;
		const use: typeof models.use = async (...args) => {
			if (tries++ === 0) throw new TypeError("a fault of the program");
			return models.use(...args);
		};
		const worker = await service.startWorker({ get: (id) => models.get(id), use });
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		expect(await service.ended(id)).toMatchObject({ status: "done", problem: null });
		expect(tries).toBe(2);
		await worker.stop();
	});

	it("unexpectedly each time: it is logged in full, until the queue gives it up, and it has failed", async () => {
		await using models = await openModels([TINY]);
		const logged: unknown[] = [];
		const log = { warn: () => {}, error: (fields: object) => logged.push(fields) };
		const use = async () => {
			throw new TypeError("a fault of the program");
		};
		await service.startWorker({ get: (id) => models.get(id), use }, { log });
		const id = await service.send({ ...QUICK, prompt: "a cat", alphas: [0] });
		const { status, problem } = await service.ended(id);
		expect({ status, type: problem?.type }).toEqual({ status: "failed", type: "urn:drum:problem:given-up" });
		expect(logged).toHaveLength(4);
		expect(logged[0]).toMatchObject({ jobId: id, err: { message: "a fault of the program" } });
		expect(logged[3]).toMatchObject({ jobId: id, reason: "a fault of the program" });
	});
});
