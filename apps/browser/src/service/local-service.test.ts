import { gzipSync } from "node:zlib";
import type { Job, Preview } from "@drum/demo/api";
import { failureOfProblem } from "@drum/demo/page/failure";
import { modelCard } from "@drum/demo/worker/model-card";
import { TINY } from "@drum/demo/worker/presets";
import { DrUM, Profile, readCheckpointSettings } from "@drum/pipeline";
import { STABLE_DIFFUSION, StableDiffusion } from "@drum/pipelines-sd";
import { adapters, model } from "@drum/tiny";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemOf } from "../drawing/problem.ts";
import { Studio } from "../drawing/studio.ts";
import { Cancelled, type Drawing } from "../drawing/thread.ts";
import { localService } from "./local-service.ts";
import { passingStore } from "./store.ts";
import { tablesWith } from "./testing/tables-with.ts";

let pipeline: StableDiffusion;
let drum: DrUM;
let drawing: Drawing;

beforeAll(async () => {
	pipeline = await StableDiffusion.fromPretrained(model);
	drum = await DrUM.attach(pipeline, { adapters });
	const settings = await readCheckpointSettings(model, { models: STABLE_DIFFUSION });
	const card = modelCard({ id: "tiny", source: "@drum/tiny", adapters: "@drum/tiny" }, settings, TINY);
	const studio = new Studio({ pipeline, drum }, card);
	const running = new Map<string, AbortController>();
	drawing = {
		models: async () => [card],
		async draw(order, hear) {
			const stop = new AbortController();
			running.set(order.jobId, stop);
			try {
				await studio.work(order, stop.signal, hear);
			} catch (error) {
				throw stop.signal.aborted ? new Cancelled() : failureOfProblem(problemOf(error));
			}
		},
		cancel: (id) => running.get(id)?.abort(),
	};
});
afterAll(async () => {
	await drum.release();
	await pipeline.release();
});

/** The service as a page has it, and the jobs that it told of. */
function open(store = passingStore()) {
	const { service, events } = localService(store, drawing);
	const told = new Map<string, Job>();
	const previews: Preview[] = [];
	let wake = () => {};
	events.start("you", {
		job: (job) => {
			told.set(job.id, job);
			wake();
		},
		preview: (preview) => previews.push(preview),
		deleted: () => {},
		history: () => {},
		resumed: () => {},
		refused: () => {},
	});
	const ended = async (id: string): Promise<Job> => {
		for (;;) {
			const job = told.get(id);
			if (job && job.status !== "queued" && job.status !== "running") return job;
			await new Promise<void>((resolve) => {
				wake = resolve;
			});
		}
	};
	return { service, told, previews, ended };
}

describe("the service in the tab", () => {
	it("makes of a history the coreset, and of a prompt the pictures, that the library makes", async () => {
		const { service, previews, ended } = open();
		const [sample] = await service.samples();
		const { id } = await service.createHistory({ name: sample!.name, items: sample!.items });
		const { id: first } = await service.submit({ kind: "profile", model: "tiny", historyId: id }, "");
		const { profileId } = await ended(first);
		const view = await service.profile(profileId!);
		const profile = await drum.profile(sample!.items);
		expect(view.picks.map(({ prompt }) => prompt)).toEqual(profile.references.map(({ prompt }) => prompt));
		expect(view.current).toBe(true);
		expect(view.map).toHaveLength(sample!.items.length);

		const request = { prompt: "a heart", alphas: [0, 0.4], seed: 3, numInferenceSteps: 2 };
		const { id: second } = await service.submit({ kind: "pictures", model: "tiny", historyId: id, ...request }, "");
		const { pictures, profileId: used, status } = await ended(second);
		expect([status, used]).toEqual(["done", profileId]);
		expect(previews.map(({ jobId, place }) => [jobId, place])).toContainEqual([second, 1]);
		for (const { alpha, url } of pictures) {
			const { images } = await drum.generate("a heart", {
				...{ seed: 3, numInferenceSteps: 2, guidanceScale: 4 },
				...(alpha > 0 && { profile, alpha }),
			});
			expect(await service.picture(url)).toEqual(Uint8Array.from(await images[0]!.toPng({ parameters: "full" })));
			const shown = new Uint8Array(await (await fetch(service.pictureFile(url))).arrayBuffer());
			expect(shown).toEqual(Uint8Array.from(await images[0]!.toPng()));
		}
		const [near] = await service.similar(id, view.picks[0]!.entryId, "tiny", new AbortController().signal);
		expect(near!.similarity).toBeGreaterThan(0.5);
		await service.addEntries(id, [{ prompt: "a boat", intensity: 1 }]);
		expect((await service.profile(profileId!)).current).toBe(false);
	});

	it("draws by named profiles, of one history with dislikes or a blend, what the library draws", async () => {
		const { service, ended } = open();
		const items = [
			{ prompt: "a blue striped fish", intensity: 5 },
			{ prompt: "a red house", intensity: -2 },
		];
		const others = [{ prompt: "a neon sign of a heart", intensity: 1 }];
		const [one, two] = [
			await service.createHistory({ name: "one", items }),
			await service.createHistory({ name: "two", items: others }),
		];
		const parts = [{ historyId: one.id }, { historyId: two.id, weight: 3 }];
		const { id, shared } = await service.createNamedProfile({ name: "Both", parts });
		expect([id, shared]).toEqual([expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{10}$/), false]);
		expect(await service.changeNamedProfile(id, { name: "Two" })).toMatchObject({ id, name: "Two" });
		const request = { prompt: "a cup", alphas: [0.5], negativeAlpha: 0.6, seed: 3, numInferenceSteps: 2 };
		const { id: jobId } = await service.submit({ kind: "pictures", model: "tiny", profile: id, ...request }, "");
		const { pictures, status } = await ended(jobId);
		expect(status).toBe("done");
		const profile = await Profile.blend([
			{ profile: await drum.profile(items) },
			{ profile: await drum.profile(others), weight: 3 },
		]);
		const options = { seed: 3, numInferenceSteps: 2, guidanceScale: 4, profile, alpha: 0.5, negativeAlpha: 0.6 };
		const { images } = await drum.generate("a cup", options);
		const expected = Uint8Array.from(await images[0]!.toPng({ parameters: "full" }));
		expect(await service.picture(pictures[0]!.url)).toEqual(expected);
		await service.deleteNamedProfile(id);
		expect(await service.namedProfiles()).toEqual([]);
		const again = { kind: "pictures", model: "tiny", profile: id, ...request } as const;
		await expect(service.submit(again, "")).rejects.toMatchObject({ status: 404 });
	});

	it("keeps histories: entries are added, changed and deleted, a history goes with its profiles", async () => {
		const { service, ended } = open();
		const { id } = await service.createHistory({ name: "mine", items: [{ prompt: "a star" }] });
		await service.addEntries(id, [{ prompt: " a moon ", intensity: 3 }]);
		const [star, moon] = (await service.history(id)).entries;
		expect([star, moon]).toMatchObject([
			{ prompt: "a star", intensity: 1 },
			{ prompt: "a moon", intensity: 3 },
		]);
		await service.changeEntry(id, moon!.id, { intensity: 5 });
		await service.deleteEntry(id, star!.id);
		await service.renameHistory(id, "ours");
		expect(await service.histories()).toMatchObject([{ id, name: "ours", count: 1 }]);
		await expect(service.deleteEntry(id, star!.id)).rejects.toMatchObject({ status: 404 });
		const { id: jobId } = await service.submit({ kind: "profile", model: "tiny", historyId: id }, "");
		const { profileId } = await ended(jobId);
		await service.deleteHistory(id);
		await expect(service.profile(profileId!)).rejects.toMatchObject({ status: 404 });
		await expect(service.history(id)).rejects.toMatchObject({ status: 404 });
	});

	it("keeps nothing of a prompt that is deleted or reworded but the pictures that it steered", async () => {
		const store = passingStore();
		const { service, ended } = open(store);
		const [gone, old] = ["a quetzal on a fence", "an axolotl in a jar"];
		const items = [{ prompt: gone }, { prompt: old }, { prompt: "a star" }];
		const { id } = await service.createHistory({ name: "mine", items });
		const order = { model: "tiny", historyId: id, numInferenceSteps: 1 };
		const make = async () => {
			const pictures = { kind: "pictures" as const, prompt: "a boat", alphas: [0.5], ...order };
			return (await ended((await service.submit(pictures, "")).id)).profileId!;
		};
		const first = await make();
		const [row] = await store.all("profiles");
		const address = service.profileFile((await service.profile(first)).id);
		expect(await tablesWith(store, gone)).toEqual(["histories", "profiles", "pictures"]);
		const [deleted, reworded] = (await service.history(id)).entries;
		await service.changeEntry(id, reworded!.id, { intensity: 2 });
		expect((await service.profile(first)).current).toBe(false);
		await service.changeEntry(id, reworded!.id, { prompt: "a newt" });
		await expect(service.profile(first)).rejects.toMatchObject({ status: 404 });
		await expect(fetch(address)).rejects.toThrow();
		await make();
		// It is removed while the next profile is made.
		const { id: jobId } = await service.submit({ kind: "profile", size: 1, ...order }, "");
		await service.deleteEntry(id, deleted!.id);
		await ended(jobId);
		for (const text of [gone, old]) expect(await tablesWith(store, text)).toEqual(["pictures"]);

		// What an earlier version has left goes when the page opens.
		const left = { ...(await store.all("histories"))[0]!, id: "left" };
		await store.put("histories", left);
		await store.put("profiles", { ...row!, historyId: "left" });
		expect(await tablesWith(store, gone)).toEqual(["profiles", "pictures"]);
		open(store);
		await expect.poll(() => tablesWith(store, gone)).toEqual(["pictures"]);
	});

	it("reads a history's file, packed or not, and says what is wrong with one, by its line", async () => {
		const { service } = open();
		const { id } = await service.createHistory({ name: "file" });
		const text = "prompt,rating\na star,5\na moon,2\n";
		const sent = (body: string | Uint8Array) => ({ type: "text/csv" as const, body: new Blob([body as string]) });
		await service.importEntries(id, sent(text));
		await service.importEntries(id, sent(gzipSync(text)));
		expect((await service.history(id)).entries.map(({ intensity }) => intensity)).toEqual([5, 2, 5, 2]);
		await expect(service.importEntries(id, sent("prompt,rating\na star,-10000000\n"))).rejects.toMatchObject({
			status: 422,
			detail: expect.stringContaining("Line 2: expected an intensity"),
		});
		await expect(service.importEntries(id, sent(gzipSync(text).subarray(0, 20)))).rejects.toMatchObject({
			status: 422,
		});
		expect((await service.history(id)).entries).toHaveLength(4);
	});

	it("cancels a job that runs and one that waits, and forgets one that is deleted while it runs", async () => {
		const { service, told, ended } = open();
		const order = { kind: "pictures" as const, model: "tiny", prompt: "a star", alphas: [0], numInferenceSteps: 200 };
		const [running, waiting, deleted] = [
			await service.submit(order, ""),
			await service.submit(order, ""),
			await service.submit(order, ""),
		];
		await service.cancelJob(waiting.id);
		await service.cancelJob(running.id);
		expect((await ended(running.id)).status).toBe("cancelled");
		expect((await ended(waiting.id)).status).toBe("cancelled");
		await service.deleteJob(deleted.id);
		await service.submit({ ...order, numInferenceSteps: 1 }, "").then(({ id }) => ended(id));
		expect((await service.jobs(10)).jobs.map(({ id }) => id)).not.toContain(deleted.id);
		expect(told.get(waiting.id)!.startedAt).toBeUndefined();
	});

	it("says why a job failed, in the library's words", async () => {
		const { service, ended } = open();
		const order = { kind: "pictures" as const, model: "tiny", prompt: "a star", alphas: [0], width: 65 };
		const { id } = await service.submit(order, "");
		expect(await ended(id)).toMatchObject({
			status: "failed",
			problem: { status: 422, detail: expect.stringContaining("multiple of 8") },
		});
		const { id: empty } = await service.createHistory({ name: "empty" });
		await expect(service.submit({ kind: "profile", model: "tiny", historyId: empty }, "")).rejects.toMatchObject({
			status: 422,
		});
	});
});
