import { DiffusionPipeline, DrUM, encodePng } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { afterAll, describe, expect, it } from "vitest";
import { ProfileView } from "../api/index.ts";
import { changeEntry, deleteEntry, readEntries } from "../store/entries.ts";
import { featureOf } from "../store/features.ts";
import { tablesWith } from "../store/testing/tables-with.ts";
import { likes, QUICK, Service } from "./testing/service.ts";
import { TINY } from "./testing/tiny.ts";

const service = await Service.open();
await service.startWorker();
const sd = await DiffusionPipeline.fromPretrained(TINY.source, { models: STABLE_DIFFUSION });
const drum = await DrUM.attach(sd, { adapters: TINY.adapters });
afterAll(async () => {
	await service[Symbol.asyncDispose]();
	await drum.release();
	await sd.release();
});

describe("a job that draws", () => {
	it("makes the profile, then each picture, byte for byte as the library makes them", async () => {
		const items = likes(30);
		const historyId = await service.history(items);
		const id = await service.send({ ...QUICK, historyId, prompt: "a star", alphas: [0, 0.5] });
		const job = await service.ended(id);
		expect(job).toMatchObject({ status: "done", problem: null, progress: null, preview: null, preview_of: null });
		expect(job.ended_at!.getTime()).toBeGreaterThanOrEqual(job.started_at!.getTime());

		const options = { numInferenceSteps: 3, guidanceScale: 4, seed: 5 };
		const profile = await drum.profile(items);
		const plain = await drum.generate("a star", options);
		const personal = await drum.generate("a star", { ...options, profile, alpha: 0.5 });
		const pictures = await service.pictures(id);
		expect(pictures.map(({ place, alpha, seed }) => [place, alpha, Number(seed)])).toEqual([
			[0, 0, 5],
			[1, 0.5, 5],
		]);
		for (const [i, { images }] of [plain, personal].entries()) {
			expect(Buffer.from(pictures[i]!.png).equals(await images[0]!.toPng({ parameters: "full" }))).toBe(true);
		}
	});

	it("tells each station on the way and shows previews, a few a second", async () => {
		const historyId = await service.history(likes(40));
		const id = await service.send({ ...QUICK, numInferenceSteps: 60, historyId, prompt: "a star", alphas: [0.3] });
		const begin = performance.now();
		const seen = await service.follow(id);
		const seconds = (performance.now() - begin) / 1000;
		const stations = new Set(seen.flatMap(({ progress }) => progress?.station ?? []));
		expect([...stations]).toContain("steps");
		const steps = seen.flatMap(({ progress }) => (progress?.station === "steps" ? [progress] : []));
		for (const { done, total, picture } of steps) {
			expect([total, picture]).toEqual([60, 0]);
			expect(done).toBeLessThanOrEqual(60);
		}
		const previews = seen.filter(({ preview }) => preview);
		expect(previews.length).toBeGreaterThan(1);
		expect(previews.length).toBeLessThan(8 * seconds + 3);
		for (const { preview, preview_of } of previews) {
			expect(Buffer.from(preview!.subarray(1, 4)).toString()).toBe("PNG");
			expect(preview_of).toMatchObject({ place: 0, total: 60 });
		}
		const versions = seen.map(({ version }) => version);
		expect(versions).toEqual([...versions].sort((a, b) => a - b));
		expect(new Set(versions).size).toBeGreaterThan(previews.length);
		expect(seen.at(-1)).toMatchObject({ status: "done", preview: null });
	});

	it("keeps what was cut of its prompt and of the history, each once, also with a profile that was there", async () => {
		const long = Array.from({ length: 40 }, () => "a blue star").join(" ");
		const items = [...likes(9), { prompt: long, intensity: 3 }];
		const historyId = await service.history(items);
		const request = { ...QUICK, historyId, prompt: `${long}, at night`, alphas: [0, 0.3] };
		const { warnings: ofPrompt } = await drum.generate(request.prompt, { numInferenceSteps: 1, seed: 5 });
		const { warnings: ofHistory } = await drum.profile(items);
		expect([...ofHistory, ...ofPrompt].map(({ code, what }) => [code, what])).toEqual([
			["prompt-cut", "history row 9"],
			["prompt-cut", "prompt"],
		]);
		const warningsOf = async (id: string) => (await service.ended(id)).warnings;
		for (let time = 1; time <= 2; time++) {
			expect(await warningsOf(await service.send(request))).toEqual([...ofHistory, ...ofPrompt]);
		}
		await service.add(historyId, [{ prompt: long, intensity: 1 }]);
		const grown = await warningsOf(await service.send({ kind: "profile", model: "tiny", historyId }));
		expect(grown.map(({ code, what }) => [code, what])).toEqual([["prompt-cut", "history rows 9, 10"]]);
	});

	it("draws plainly without a history, all pictures of one seed where none is asked for", async () => {
		const { seed: _, ...request } = QUICK;
		const id = await service.send({ ...request, prompt: "a cat", alphas: [0, 0] });
		expect(await service.ended(id)).toMatchObject({ status: "done", profile_id: null });
		const [first, second] = await service.pictures(id);
		expect(first!.seed).toBe(second!.seed);
		expect(Buffer.from(first!.png).equals(second!.png)).toBe(true);
	});

	it("begins from a picture and keeps what a mask says, byte for byte as the library does, and forgets both", async () => {
		const pixels = (width: number, height: number, of: (i: number) => number) => ({
			...{ width, height },
			data: Uint8Array.from({ length: width * height * 3 }, (_, i) => of(i)),
		});
		const image = Buffer.from(await encodePng(pixels(70, 50, (i) => (i * 7) % 256)));
		const mask = Buffer.from(await encodePng(pixels(4, 4, (i) => (i < 24 ? 255 : 0))));
		const items = likes(30);
		const historyId = await service.history(items);
		const sizes = { image: { width: 70, height: 50 }, mask: { width: 4, height: 4 } };
		const request = { ...QUICK, historyId, prompt: "a star", alphas: [0, 0.5], strength: 0.8, ...sizes };
		const inputs = [
			{ name: "image", file: image },
			{ name: "mask", file: mask },
		] as const;
		const id = await service.send(request, inputs);
		const job = await service.ended(id);
		expect(job).toMatchObject({ status: "done", problem: null });
		expect(await service.store.kysely.selectFrom("inputs").selectAll().execute()).toEqual([]);

		const options = { numInferenceSteps: 3, guidanceScale: 4, seed: 5, image, mask, strength: 0.8 };
		const profile = await drum.profile(items);
		const drawn = [
			await drum.generate("a star", options),
			await drum.generate("a star", { ...options, profile, alpha: 0.5 }),
		];
		const pictures = await service.pictures(id);
		expect(pictures.map(({ width, height }) => [width, height])).toEqual([
			[64, 48],
			[64, 48],
		]);
		for (const [i, { images }] of drawn.entries()) {
			expect(Buffer.from(pictures[i]!.png).equals(await images[0]!.toPng({ parameters: "full" }))).toBe(true);
		}
	});

	it("fails of a picture that ends too early, and says so", async () => {
		const whole = await encodePng({ width: 60, height: 60, data: new Uint8Array(10_800).map((_, i) => (i * i) % 251) });
		const file = whole.subarray(0, whole.length / 2);
		const request = { ...QUICK, prompt: "a star", alphas: [0], image: { width: 60, height: 60 } };
		const job = await service.ended(await service.send(request, [{ name: "image", file }]));
		expect(job).toMatchObject({ status: "failed", problem: { status: 422 } });
		expect(job.problem!.detail).toMatch(/^image: expected a whole PNG/);
		expect(await service.store.kysely.selectFrom("inputs").selectAll().execute()).toEqual([]);
	});

	it("uses the model's own settings for what the request leaves open", async () => {
		const id = await service.send({ kind: "pictures", model: "tiny", prompt: "a cat", alphas: [0], seed: 1 });
		await service.ended(id);
		const { images } = await drum.generate("a cat", { numInferenceSteps: 25, guidanceScale: 4, seed: 1 });
		const [picture] = await service.pictures(id);
		expect(Buffer.from(picture!.png).equals(await images[0]!.toPng({ parameters: "full" }))).toBe(true);
		expect(picture).toMatchObject({ width: 64, height: 64 });
	});
});

describe("a job that makes a profile", () => {
	const profilesOf = (historyId: string) =>
		service.store.kysely
			.selectFrom("profiles")
			.selectAll()
			.where("history_id", "=", historyId)
			.orderBy("created_at")
			.execute();
	const make = async (historyId: string, more = {}) => {
		const id = await service.send({ kind: "profile", model: "tiny", historyId, ...more });
		return service.ended(id);
	};

	it("stores what is shown of it, and the prompts' features", async () => {
		const items = likes(30);
		const historyId = await service.history(items);
		const job = await make(historyId);
		const [stored] = await profilesOf(historyId);
		expect(job).toMatchObject({ status: "done", profile_id: stored!.id });
		const profile = await drum.profile(items);
		const view = ProfileView.pick({ picks: true, map: true, variance: true }).parse(stored!.view);
		expect(view.picks.map(({ prompt }) => prompt)).toEqual(profile.references.map(({ prompt }) => prompt));
		expect(view.picks.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
		expect(view.picks.reduce((sum, { standsFor }) => sum + standsFor, 0)).toBe(30);
		expect(view.map.map(({ prompt, intensity }) => ({ prompt, intensity }))).toEqual(items);
		const features = await service.store.kysely
			.selectFrom("features")
			.innerJoin("entries", "entries.id", "features.entry_id")
			.select(["feature"])
			.where("history_id", "=", historyId)
			.where("model", "=", "tiny")
			.orderBy("place")
			.execute();
		const kept = features.flatMap(({ feature }) => Array.from(featureOf(feature)));
		expect(Float32Array.from(kept)).toEqual(profile.features.data);
	});

	it("uses the stored one while nothing has changed, and makes another for another sampling", async () => {
		const historyId = await service.history(likes(20));
		const first = await make(historyId);
		expect((await make(historyId)).profile_id).toBe(first.profile_id);
		expect(await profilesOf(historyId)).toHaveLength(1);
		const other = await make(historyId, { size: 5 });
		expect(other.profile_id).not.toBe(first.profile_id);
		const [, larger] = await profilesOf(historyId);
		expect(larger!.view.picks).toHaveLength(5);
	});

	it("lets it grow where prompts were only added: the old ones are not encoded again", async () => {
		const historyId = await service.history(likes(20));
		await make(historyId);
		await service.add(historyId, likes(12));
		const id = await service.send({ kind: "profile", model: "tiny", historyId });
		const seen = await service.follow(id);
		const encoded = seen.flatMap(({ progress }) => (progress?.station === "embeddings" ? [progress.total] : []));
		for (const total of encoded) expect(total).toBe(12);
		const [, grown] = await profilesOf(historyId);
		const whole = await drum.profile([...likes(20), ...likes(12)]);
		expect(grown!.view.picks.map(({ prompt }) => prompt)).toEqual(whole.references.map(({ prompt }) => prompt));
	});

	it("deletes it with a prompt of it that is deleted or reworded, and no table tells of that any more", async () => {
		const { store, userId } = service;
		const [gone, old] = ["a quetzal on a fence", "an axolotl in a jar"];
		const historyId = await service.history(likes(9));
		const first = await make(historyId);
		await service.add(
			historyId,
			[gone, old].map((prompt) => ({ prompt, intensity: 3 })),
		);
		const second = await make(historyId);
		const tables = ["entries", "profile_parts", "profiles"];
		for (const text of [gone, old]) expect(await tablesWith(store, text)).toEqual(tables);
		const [deleted, reworded] = (await readEntries(store, historyId)).slice(9);
		await changeEntry(store, userId, historyId, reworded!.id, { intensity: 4, mostBytes: 1e9 });
		expect(await profilesOf(historyId)).toHaveLength(2);
		await changeEntry(store, userId, historyId, reworded!.id, { prompt: "a newt", mostBytes: 1e9 });
		expect(await tablesWith(store, old)).toEqual([]);
		expect(await service.job(second.id)).toMatchObject({ status: "done", profile_id: null });
		await make(historyId);
		await deleteEntry(store, userId, historyId, deleted!.id);
		expect(await tablesWith(store, gone)).toEqual([]);
		expect((await profilesOf(historyId)).map(({ id }) => id)).toEqual([first.profile_id]);
	});
});
