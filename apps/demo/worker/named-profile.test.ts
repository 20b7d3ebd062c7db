import { DiffusionPipeline, DrUM, Profile, readPngParameters } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { afterAll, expect, it } from "vitest";
import { deleteEntry, readEntries } from "../store/entries.ts";
import { createNamedProfile, deleteNamedProfile } from "../store/named-profiles.ts";
import { tablesWith } from "../store/testing/tables-with.ts";
import type { OpenModel } from "./models.ts";
import { ProfileMemory } from "./profile-memory.ts";
import { readyProfile } from "./ready-profile.ts";
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

const other = [
	{ prompt: "a green watercolour of a tree", intensity: 2 },
	{ prompt: "a red cup", intensity: -1 },
];
const keep = async (userId: string, parts: { historyId: string; weight: number }[]) => {
	const made = await createNamedProfile(service.store, userId, { name: "x", parts, shared: true, most: 9 });
	if (typeof made === "string") throw new Error(made);
	return made.id;
};
const draw = (profile: string) =>
	service.send({ ...QUICK, profile, prompt: "a star", alphas: [0.5], negativeAlpha: 0.6 });

it("a named profile draws what the library's blend draws, and tells its own user of its prompts", async () => {
	const [one, two] = [await service.history(likes(9)), await service.history(other)];
	const id = await keep(service.userId, [
		{ historyId: one, weight: 1 },
		{ historyId: two, weight: 3 },
	]);
	const job = await service.ended(await draw(id));
	expect(job).toMatchObject({ status: "done", problem: null, profile_id: null });
	const profile = await Profile.blend([
		{ profile: await drum.profile(likes(9)) },
		{ profile: await drum.profile(other), weight: 3 },
	]);
	const options = { numInferenceSteps: 3, guidanceScale: 4, seed: 5, profile, alpha: 0.5, negativeAlpha: 0.6 };
	const { images } = await drum.generate("a star", options);
	const [picture] = await service.pictures(job.id);
	expect(Buffer.from(picture!.png).equals(await images[0]!.toPng({ parameters: "full" }))).toBe(true);
});

it("another user's draws for whoever has its id, without a word of its prompts", async () => {
	const { kysely } = service.store;
	const inserted = kysely.insertInto("users").values({ name: "another" }).returning("id");
	const { id: userId } = await inserted.executeTakeFirstOrThrow();
	const history = kysely.insertInto("histories").values({ user_id: userId, name: "theirs" }).returning("id");
	const { id: historyId } = await history.executeTakeFirstOrThrow();
	await service.add(historyId, other);
	const id = await keep(userId, [{ historyId, weight: 1 }]);
	const job = await service.ended(await draw(id));
	expect(job).toMatchObject({ status: "done", profile_id: null });
	const [picture] = await service.pictures(job.id);
	const told = readPngParameters(picture!.png)!;
	expect([told.alpha, told.negativeAlpha]).toEqual([0.5, 0.6]);
	for (const text of [JSON.stringify(told), JSON.stringify(job), Buffer.from(picture!.png).toString("latin1")])
		for (const word of ["watercolour", "cup"]) expect(text).not.toContain(word);
	await deleteNamedProfile(service.store, userId, id);
	expect((await service.ended(await draw(id))).problem).toMatchObject({ title: "The named profile is gone" });
});

it("a half-life weighs by the entries' times, and is another profile", async () => {
	const items = likes(12).map((item, day) => ({ ...item, at: new Date(Date.UTC(2026, 0, 1 + day)).toISOString() }));
	const historyId = await service.history(items);
	const send = (more: object) => service.send({ ...QUICK, historyId, prompt: "a star", alphas: [0.5], ...more });
	const [plain, aged] = [await service.ended(await send({})), await service.ended(await send({ halfLife: 2 }))];
	expect([plain.status, aged.status]).toEqual(["done", "done"]);
	expect(aged.profile_id).not.toBe(plain.profile_id);
	const profile = await drum.profile(items, { halfLife: 2 });
	const options = { numInferenceSteps: 3, guidanceScale: 4, seed: 5, profile, alpha: 0.5 };
	const { images } = await drum.generate("a star", options);
	const [picture] = await service.pictures(aged.id);
	expect(Buffer.from(picture!.png).equals(await images[0]!.toPng({ parameters: "full" }))).toBe(true);
});

it("a profile is made again without a prompt that is removed while it is made", async () => {
	const { store, userId } = service;
	const historyId = await service.history([...likes(4), { prompt: "a quetzal", intensity: 1 }]);
	const last = (await readEntries(store, historyId)).at(-1)!;
	const removing = {
		async profile(...asked: Parameters<typeof drum.profile>) {
			const made = await drum.profile(...asked);
			await deleteEntry(store, userId, historyId, last.id);
			return made;
		},
	};
	const model: OpenModel = { pipeline: sd, drum: removing as unknown as OpenModel["drum"], warnings: [] };
	const request = { kind: "profile", model: "tiny", historyId } as const;
	const claim = { jobId: "", userId, historyId, request, passing: false, startedAt: "" };
	const { history } = await readyProfile({
		...{ store, claim, model, memory: new ProfileMemory(), signal: new AbortController().signal },
		...{ onProgress: () => {}, onStored: async () => {} },
	});
	expect(history.map(({ prompt }) => prompt)).toEqual(likes(4).map(({ prompt }) => prompt));
	expect(await tablesWith(store, "a quetzal")).toEqual([]);
});
