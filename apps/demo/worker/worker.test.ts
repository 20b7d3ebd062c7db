import { DiffusionPipeline, DrUM } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { describe, expect, it } from "vitest";
import { ProfileView } from "../api/index.ts";
import { likes, QUICK, TINY, workingService } from "./testing/service.ts";

describe("a job that draws", () => {
	it("makes the profile, then each picture, as the library makes them", async () => {
		const service = await workingService();
		const items = likes(30);
		const historyId = await service.history(items);
		const id = await service.send({ ...QUICK, historyId, prompt: "a star", alphas: [0, 0.5], guidanceScale: 4 });
		const job = await service.ended(id);
		expect(job).toMatchObject({ status: "done", problem: null, progress: null, preview: null });
		expect(job.version).toBeGreaterThan(4);
		expect(service.told).toContain(id);

		await using sd = await DiffusionPipeline.fromPretrained(TINY.source, { models: STABLE_DIFFUSION });
		await using drum = await DrUM.attach(sd, TINY);
		const profile = await drum.profile(items);
		const pictures = await service.pictures(id);
		expect(pictures.map(({ place, alpha }) => [place, alpha])).toEqual([
			[0, 0],
			[1, 0.5],
		]);
		const options = { numInferenceSteps: 3, guidanceScale: 4, seed: 5 };
		const plain = await drum.generate("a star", options);
		const personal = await drum.generate("a star", { ...options, profile, alpha: 0.5 });
		for (const [i, { images }] of [plain, personal].entries()) {
			expect(Buffer.from(pictures[i]!.png).equals(await images[0]!.toPng())).toBe(true);
		}

		const [stored] = await service.store.kysely.selectFrom("profiles").selectAll().execute();
		expect(stored!.id).toBe(job.profile_id);
		const view = ProfileView.omit({ id: true, historyId: true, model: true, current: true, createdAt: true });
		const { picks, map } = view.parse(stored!.view);
		expect(picks.map(({ prompt }) => prompt)).toEqual(profile.references.map(({ prompt }) => prompt));
		expect(map).toHaveLength(30);
	});
});
