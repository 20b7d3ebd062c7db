import { coreset } from "@drum/coreset";
import { type Condition, type HistoryItem, MIXES, Profile } from "@drum/peca";
import { CheckpointError, parseSafetensors, serializeSafetensors } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { afterAll, describe, expect, test } from "vitest";
import { featuresOf } from "./side-coreset.ts";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3, skips: [-1, -2] as const };
const { drum, pipeline } = await madeUpDrum(folder, MIXES.sdxl, { L, bigG: { ...L, width: 16 } });
afterAll(() => drum.release());

/** Every third is disliked. */
const history: HistoryItem[] = Array.from({ length: 90 }, (_, i) => ({
	prompt: `prompt ${i}`,
	intensity: (i % 3 === 2 ? -1 : 1) * ((i % 5) + 1),
}));
const rows = [...history.keys()];
const [liked, disliked] = [rows.filter((row) => row % 3 !== 2), rows.filter((row) => row % 3 === 2)];
const amounts = (of: readonly number[]) => of.map((row) => Math.abs(history[row]!.intensity!));
const embeds = ({ promptEmbeds, pooledPromptEmbeds }: Pick<Condition, "promptEmbeds" | "pooledPromptEmbeds">) => {
	return { promptEmbeds, pooledPromptEmbeds };
};
const codes = ({ warnings }: Condition) => warnings?.map(({ code, what }) => `${code} ${what}`);

describe("a profile of likes and dislikes", () => {
	test("draws a coreset of likes and one of dislikes, by Algorithm 1 with absolute intensities", async () => {
		const profile = await drum.profile(history);
		for (const [side, picked] of [
			[liked, profile.coreset],
			[disliked, profile.negativeCoreset],
		] as const) {
			const size = { size: Math.max(8, Math.round(side.length / 10)) };
			const own = await coreset(featuresOf(profile.features, side), { intensities: amounts(side), ...size });
			expect(picked).toEqual(own.map((i) => side[i]));
		}
		expect(profile.negativeReferences).toEqual(profile.negativeCoreset.map((row) => history[row]));
		for (const [name, encoder] of Object.entries(pipeline.encoders)) {
			const { hidden } = await encoder.encode(profile.negativeReferences.map(({ prompt }) => prompt));
			for (const { encoder: own, skip, hidden: found } of profile.negativeStates)
				if (own === name) expect(found).toEqual(hidden[skip]);
		}
		expect((await drum.profile(history, { size: 3 })).negativeCoreset).toHaveLength(3);
	});

	test("steers the prompt like its likes alone, and the negative prompt as if the dislikes were likes", async () => {
		const profile = await drum.profile(history);
		const likes = await drum.profile(liked.map((row) => history[row]!));
		const mirrored = await drum.profile(disliked.map((row) => ({ ...history[row]!, intensity: amounts([row])[0] })));
		const condition = await drum.condition("a cat", { profile, alpha: 0.4, negativeAlpha: 0.7 });
		expect(embeds(condition)).toEqual(embeds(await drum.condition("a cat", { profile: likes, alpha: 0.4 })));
		expect(embeds(condition.negative!)).toEqual(embeds(await drum.condition("", { profile: mirrored, alpha: 0.7 })));
		expect(condition.parameters).toEqual({
			...{ alpha: 0.4, references: profile.references },
			...{ negativeAlpha: 0.7, negativeReferences: profile.negativeReferences },
		});
		expect(await drum.generate("a cat", { profile, alpha: 0.4, negativeAlpha: 0.7 })).toEqual(condition);
	});

	test("with only dislikes leaves the prompt as it is", async () => {
		const profile = await drum.profile([
			{ prompt: "a", intensity: -1 },
			{ prompt: "b", intensity: 0 },
		]);
		expect([profile.coreset, profile.negativeCoreset]).toEqual([[], [0]]);
		const condition = await drum.condition("a cat", { profile, alpha: 0.4 });
		expect(embeds(condition)).toEqual(embeds(await drum.condition("a cat")));
		expect(condition.negative).toBeDefined();
		expect(codes(condition)).toEqual(["alpha-unused alpha"]);
	});

	test("can be extended by likes and dislikes", async () => {
		const grown = await drum.extend(await drum.profile(history.slice(0, 50)), history.slice(50));
		const whole = await drum.profile(history);
		expect([grown.coreset, grown.negativeCoreset]).toEqual([whole.coreset, whole.negativeCoreset]);
		expect(grown.negativeReferences).toEqual(whole.negativeReferences);
		expect(grown.negativeStates.map(({ hidden }) => hidden.dims)).toEqual(
			whole.negativeStates.map(({ hidden }) => hidden.dims),
		);
	});
});

describe("without guidance", () => {
	test("the prompt is moved as far away from the dislikes as α would move it towards them", async () => {
		const profile = await drum.profile(history);
		const likes = await drum.profile(liked.map((row) => history[row]!));
		const mirrored = await drum.profile(disliked.map((row) => ({ ...history[row]!, intensity: amounts([row])[0] })));
		const draw = async (of: Profile, alpha: number, negativeAlpha?: number) => {
			pipeline.guided = false;
			const condition = await drum.generate("a cat", { profile: of, alpha, negativeAlpha });
			pipeline.guided = true;
			return condition;
		};
		const found = await draw(profile, 0.4, 0.7);
		const [from, plain, there] = await Promise.all([draw(likes, 0.4), draw(mirrored, 0), draw(mirrored, 0.7)]);
		expect([found.negative, codes(found)]).toEqual([undefined, []]);
		// Hidden states are mixed as they are, which SDXL's mix shows; its class rows go through a norm.
		for (const [i, value] of found.promptEmbeds.data.entries()) {
			const [a, b, c] = [from, plain, there].map(({ promptEmbeds }) => promptEmbeds.data[i]!) as [
				number,
				number,
				number,
			];
			expect(value).toBeCloseTo(a + b - c, 4);
		}
		expect(found.pooledPromptEmbeds).not.toEqual(from.pooledPromptEmbeds);
		const alone = await drum.profile(disliked.map((row) => history[row]!));
		const led = await draw(alone, 0.3, 0.7);
		const own = await drum.condition("a cat");
		for (const [i, value] of led.promptEmbeds.data.entries()) {
			const [a, b, c] = [own, plain, there].map(({ promptEmbeds }) => promptEmbeds.data[i]!) as [
				number,
				number,
				number,
			];
			expect(value).toBeCloseTo(a + b - c, 4);
		}
	});
});

describe("dislikes without effect give a warning", () => {
	const profile = drum.profile(history);
	test("except when α is 0", async () => {
		const condition = await drum.generate("a cat", { profile: await profile, negativeAlpha: 0 });
		expect([condition.negative, codes(condition)]).toEqual([undefined, []]);
	});

	test("when there are none", async () => {
		const likes = await drum.profile([{ prompt: "a" }]);
		expect(codes(await drum.condition("a cat", { profile: likes, negativeAlpha: 0.5 }))).toEqual([
			"alpha-unused negativeAlpha",
		]);
		expect((await failureOf(() => drum.generate("a", { negativeAlpha: 2 }))).message).toBe(
			"negativeAlpha: expected a number from 0 to 1, found 2",
		);
	});
});

describe("the file of a profile with dislikes", async () => {
	const profile = await drum.profile(history);
	const { tensors, metadata } = parseSafetensors(profile.toBytes({ dtype: "float32" }), "profile");

	test("is read as it was written, and has a version that older readers refuse", () => {
		expect(metadata.drum_profile).toBe("3");
		const bytes = profile.toBytes({ dtype: "float32" });
		const read = Profile.fromBytes(bytes);
		expect(read.toBytes({ dtype: "float32" })).toEqual(bytes);
		for (const { encoder, skip, hidden } of profile.negativeStates)
			expect(read.negativeHidden(encoder, skip)).toEqual(hidden);
		expect(Profile.fromBytes(profile.toBytes()).negativeReferences).toEqual(profile.negativeReferences);
	});

	test.each<[string, Record<string, unknown>]>([
		["under an older version", { drum_profile: 2 }],
		["a like among the dislikes", { negativeCoreset: [0, ...profile.negativeCoreset.slice(1)] }],
		["a dislike among the likes", { coreset: [2, ...profile.coreset.slice(1)] }],
		["fewer dislikes than states", { negativeCoreset: profile.negativeCoreset.slice(1) }],
		["a half-life without times", { sampling: { seed: 1, halfLife: 3 } }],
	])("is refused with %s", async (_, change) => {
		const texts = Object.entries(change).map(([key, value]) => [key, JSON.stringify(value)]);
		const bytes = serializeSafetensors(tensors, { ...metadata, ...Object.fromEntries(texts) });
		expect(await failureOf(() => Profile.fromBytes(bytes))).toBeInstanceOf(CheckpointError);
	});
});
