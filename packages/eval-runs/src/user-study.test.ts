import { randomSample, uniformSample } from "@drum/coreset";
import {
	AnswerError,
	fabric,
	feedbackPair,
	meanScores,
	personalizedFeatures,
	type Scores,
	scoresOf,
	viper,
} from "@drum/eval";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { DownloadError } from "@drum/tensor";
import { adapters, clip, makeUsers, model } from "@drum/tiny";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ablations, degrees, PLAIN, RunModels, type RunSettings, samplings } from "./index.ts";
import { FABRIC, PMG, VIPER } from "./methods.ts";
import { madeUpSettings } from "./testing/made-up-run.ts";
import { DRAWS, UserStudy } from "./user-study.ts";

// Oracle: the packages' own calls, one by one, as a user makes them.

const { ratio, alpha } = { ratio: 0.2, alpha: 0.3 };
const settings = madeUpSettings({ steps: 2, ratio, alpha, seed: 5 });
const made = makeUsers(2, 3)[1]!;
const user = {
	...{ id: "1", number: 1, targets: made.targets.map(({ prompt }) => prompt) },
	history: made.history.map(({ prompt, intensity }) => ({ prompt, intensity })),
};
const alike = user.history.map(({ prompt }) => ({ prompt }));

let models: RunModels;
beforeAll(async () => {
	models = await RunModels.open({ model, adapters, clip }, { models: STABLE_DIFFUSION });
});
afterAll(() => models[Symbol.asyncDispose]());

const measure = async (
	method: Parameters<UserStudy["measure"]>[0]["method"],
	drawn = false,
	of: Partial<RunSettings> = {},
) =>
	new UserStudy(user, {
		models,
		settings: { ...settings, ...of },
		rewriters: { pmg: async () => ["a star", "a cat"] },
	}).measure({
		method,
		drawn,
	});

/** Text align of the condition that these references make. */
async function aligned(references: { prompt: string; intensity?: number }[], degree: number): Promise<Scores> {
	const [{ encoder, adapter }] = models.aligned as [(typeof models.aligned)[number]];
	const features = await models.scorer.user(user);
	const prompts = user.targets;
	return scoresOf(await personalizedFeatures({ encoder, adapter, prompts, references, alpha: degree }), features);
}

function expectNear(found: Scores | undefined, expected: Scores): void {
	expect(found!.target).toBeCloseTo(expected.target, 3);
	expect(found!.history).toBeCloseTo(expected.history, 3);
}

const rows = (picks: readonly number[]) => picks.map((row) => user.history[row]!);

describe("a language model's method", () => {
	test("leaves the prompts as they are where the model says nothing of use, and fails where it cannot be asked", async () => {
		const study = (error: Error) =>
			new UserStudy(user, { models, settings, rewriters: { pmg: () => Promise.reject(error) } }).measure({
				...{ method: PMG, drawn: false },
			});
		const { measurement } = await study(new AnswerError({ what: "answer" }));
		expect(measurement.prompts).toBeUndefined();
		expect(measurement.textAlign).toEqual((await measure(PLAIN)).measurement.textAlign);
		await expect(study(new DownloadError({ what: "server" }))).rejects.toThrow("server");
	});
});

describe("a method of DrUM", () => {
	test("whose picks were all not liked leaves the target as it is", async () => {
		const history = user.history.map((item, row) => ({ ...item, intensity: Number(row === 0) }));
		const last = samplings([1 / history.length], alpha).random[0]!;
		const seeds = Array.from({ length: 20 }, (_, seed) => seed);
		const seed = seeds.find((each) => randomSample(history.length, { size: 1, seed: each + DRAWS })[0] !== 0)!;
		const study = new UserStudy({ ...user, history }, { models, settings: { ...settings, seed } });
		const { measurement } = await study.measure({ method: last, drawn: false });
		expect(measurement.references).toBe(0);
	});

	test("has the profile's coreset and intensities, as DrUM.profile makes it", async () => {
		const { coreset } = await models.drum.profile(user.history, { ratio });
		const { measurement } = await measure(ablations({ ratio, alpha }).DrUM);
		expect(measurement.references).toBe(coreset.length);
		expectNear(measurement.textAlign.L, await aligned(rows(coreset), alpha));
	});

	test("has on MovieLens the coreset that is drawn without intensities, which then weigh in guidance and scores", async () => {
		const [with_, without] = [
			await models.drum.profile(user.history, { ratio }),
			await models.drum.profile(alike, { ratio }),
		];
		expect(without.coreset).not.toEqual(with_.coreset);
		const { measurement } = await measure(ablations({ ratio, alpha }).DrUM, false, { weighted: false });
		expectNear(measurement.textAlign.L, await aligned(rows(without.coreset), alpha));
	});

	test("has without sampling the whole history, and without guidance equal shares for target and references", async () => {
		const { "w/o S": whole, "w/o G": unguided } = ablations({ ratio, alpha });
		expectNear((await measure(whole)).measurement.textAlign.L, await aligned(user.history, alpha));
		const { coreset } = await models.drum.profile(user.history, { ratio });
		const equal = coreset.map((row) => ({ prompt: user.history[row]!.prompt }));
		expectNear(
			(await measure(unguided)).measurement.textAlign.L,
			await aligned(equal, coreset.length / (coreset.length + 1)),
		);
	});

	test("samples evenly, or at random over five draws", async () => {
		const { random, uniform } = samplings([ratio], alpha);
		const even = uniformSample(user.history.length, { ratio });
		expectNear((await measure(uniform[0]!)).measurement.textAlign.L, await aligned(rows(even), alpha));
		const draws: Scores[] = [];
		for (let draw = 0; draw < 5; draw++) {
			const seed = settings.seed + 5 * user.number + draw;
			draws.push(await aligned(rows(randomSample(user.history.length, { ratio, seed })), alpha));
		}
		expectNear((await measure(random[0]!)).measurement.textAlign.L, meanScores(draws));
	});
});

describe("pictures", () => {
	const seed = [settings.seed + 2, settings.seed + 3];

	test("are drawn of both targets with seeds of their own, the same for all methods, and scored by CLIP", async () => {
		const features = await models.scorer.user(user);
		const plain = await models.pipeline.generate(user.targets, { seed, numInferenceSteps: 2 });
		const { measurement, images } = await measure(PLAIN, true);
		expect(images.map(({ data }) => data)).toEqual(plain.images.map(({ data }) => data));
		expectNear(measurement.clipScore, await models.scorer.clipScore(plain.images, features));
		expectNear(measurement.textAlign.L, { ...measurement.textAlign.L!, target: 100 });

		const profile = await models.drum.profile(user.history, { ratio });
		const personal = await models.drum.generate(user.targets, { profile, alpha: 1, seed, numInferenceSteps: 2 });
		const most = await measure(degrees([1], ratio)[0]!, true);
		expectNear(most.measurement.clipScore, await models.scorer.clipScore(personal.images, features));
	});

	test("of rewritten prompts are scored against the targets as they were", async () => {
		const features = await models.scorer.user(user);
		const { measurement } = await measure(PMG, true);
		const { images } = await models.pipeline.generate(["a star", "a cat"], { seed, numInferenceSteps: 2 });
		expectNear(measurement.clipScore, await models.scorer.clipScore(images, features));
		expect(measurement.prompts).toEqual(["a star", "a cat"]);
		const { features: own } = await models.scorer.text.encode(["a star", "a cat"]);
		expectNear(measurement.textAlign.L, scoresOf(own!, features));
	});

	test("of FABRIC look at pictures of the prompts that were liked most and least", async () => {
		const { measurement, images } = await measure(FABRIC, true);
		const seen: Parameters<typeof feedbackPair>[0][number][] = [];
		for (const { prompt, intensity } of user.history) {
			const { images } = await models.pipeline.generate(prompt, { seed: settings.seed, numInferenceSteps: 2 });
			seen.push({ image: images[0]!, intensity });
		}
		const pair = feedbackPair(seen);
		expect(pair.disliked).toHaveLength(1);
		const first = await fabric(models.pipeline, user.targets[0]!, { ...pair, seed: seed[0]!, numInferenceSteps: 2 });
		expect(images[0]!.data).toEqual(first.images[0]!.data);
		expect(measurement.textAlign).toEqual({});
		expect(measurement.clipScore).toBeDefined();
	});

	test("of ViPer are led by a user's attributes, or drawn plain where the language model told none", async () => {
		const preferences = { liked: ["blue", "outline"], disliked: ["red"] };
		const study = (told: () => Promise<typeof preferences>) =>
			new UserStudy(user, { models, settings, preferences: told }).measure({ method: VIPER, drawn: true });
		const { measurement, images } = await study(async () => preferences);
		const own = await viper(models.pipeline, user.targets, { preferences, seed, numInferenceSteps: 2 });
		expect(images.map(({ data }) => data)).toEqual(own.images.map(({ data }) => data));
		expect(measurement).toMatchObject({ preferences, textAlign: {} });
		const silent = await study(() => Promise.reject(new AnswerError({ what: "answer" })));
		const plain = await models.pipeline.generate(user.targets, { seed, numInferenceSteps: 2 });
		expect(silent.images.map(({ data }) => data)).toEqual(plain.images.map(({ data }) => data));
		expect(silent.measurement.preferences).toBeUndefined();
	});
});
