import { type HistoryItem, MIXES, Profile } from "@drum/peca";
import { parseSafetensors } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { afterAll, describe, expect, test } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3 };
const { drum } = await madeUpDrum(folder, MIXES.sd1, { L });
afterAll(() => drum.release());

const day = (number: number) => new Date(Date.UTC(2026, 0, 1 + number));
const history: HistoryItem[] = [
	{ prompt: "a", intensity: 4, at: day(0) },
	{ prompt: "b", intensity: 2, at: "2026-01-21" },
	{ prompt: "c", at: day(30).getTime() / 1000 },
	{ prompt: "d", intensity: -8, timestamp: day(10).getTime() },
	{ prompt: "e", intensity: -1, at: day(0).toISOString() },
];

describe("with a half-life", () => {
	test("intensities are halved for each half-life before the newest entry of their side", async () => {
		const profile = await drum.profile(history, { halfLife: 10, ratio: 1 });
		expect(profile.history.map(({ at }) => at)).toEqual([0, 20, 30, 10, 0].map((each) => day(each).toISOString()));
		expect([...profile.weights]).toEqual([0.5, 1, 1, 8, 0.5]);
		expect(profile.references).toEqual([0.5, 1, 1].map((intensity, i) => ({ prompt: "abc"[i], intensity })));
		expect(profile.negativeReferences).toEqual([
			{ prompt: "d", intensity: -8 },
			{ prompt: "e", intensity: -0.5 },
		]);
		const aged = await drum.profile([...profile.references, ...profile.negativeReferences], { ratio: 1 });
		const [ours, theirs] = await Promise.all([profile, aged].map((each) => drum.condition("x", { profile: each })));
		expect([ours!.promptEmbeds, ours!.negative!.promptEmbeds]).toEqual([
			theirs!.promptEmbeds,
			theirs!.negative!.promptEmbeds,
		]);
	});

	test("a profile keeps it when extended, unless another is given, and in its file", async () => {
		const profile = await drum.profile(history, { halfLife: 10, ratio: 1 });
		const grown = await drum.extend(profile, [{ prompt: "f", at: day(40) }]);
		expect([...grown.weights]).toEqual([0.25, 0.5, 0.5, 8, 0.5, 1]);
		expect((await drum.extend(profile, [], { halfLife: Number.POSITIVE_INFINITY })).sampling).toEqual({
			...{ ratio: 1, seed: 42 },
		});
		const bytes = profile.toBytes({ dtype: "float32" });
		expect(parseSafetensors(bytes, "profile").metadata.drum_profile).toBe("3");
		expect(Profile.fromBytes(bytes)).toEqual(profile);
	});

	test("the oldest entry of a very long history has weight 0, and the newest its full weight", async () => {
		const profile = await drum.profile(
			[
				{ prompt: "a", at: "1970-01-01" },
				{ prompt: "b", at: day(0) },
			],
			{
				halfLife: 1,
			},
		);
		expect([...profile.weights]).toEqual([0, 1]);
	});

	test("each row needs a time, and the half-life is a number of days", async () => {
		const untimed = [{ prompt: "a", at: day(0) }, { prompt: "b" }];
		expect((await failureOf(() => drum.profile(untimed, { halfLife: 3 }))).message).toBe(
			"at of history row 1: expected a time, which halfLife needs, found none. Give each row a time, or leave halfLife out",
		);
		for (const halfLife of [0, -1, Number.NaN, "3" as never])
			expect((await failureOf(() => drum.profile(history, { halfLife }))).what).toBe("halfLife");
	});
});
