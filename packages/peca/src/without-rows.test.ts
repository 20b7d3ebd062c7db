import { type HistoryItem, MIXES, type Profile } from "@drum/peca";
import { ArgumentError } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { afterAll, describe, expect, test } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3, skips: [-1, -2] as const };
const { drum } = await madeUpDrum(folder, MIXES.sdxl, { L, bigG: { ...L, width: 16 } });
afterAll(() => drum.release());

const history: HistoryItem[] = Array.from({ length: 30 }, (_, i) => ({
	prompt: `prompt ${i}`,
	intensity: i % 4 === 3 ? -1 - i : 1 + i,
}));
const profile = await drum.profile(history, { size: 4 });
const expectOwnStates = async (found: Profile) => {
	const again = await drum.profile([...found.references, ...found.negativeReferences], { ratio: 1 });
	for (const { encoder, skip, hidden } of found.states) expect(again.hidden(encoder, skip)).toEqual(hidden);
	for (const { encoder, skip, hidden } of found.negativeStates)
		expect(again.negativeHidden(encoder, skip)).toEqual(hidden);
};

describe("a profile without", () => {
	test("a reference keeps everything else, and extending it draws a new coreset", async () => {
		const [gone] = profile.references;
		const left = profile.without(gone!.prompt);
		expect(left.history).toEqual(history.filter(({ prompt }) => prompt !== gone!.prompt));
		expect(left.references).toEqual(profile.references.slice(1));
		expect(left.negativeReferences).toEqual(profile.negativeReferences);
		await expectOwnStates(left);
		const again = await drum.extend(left, []);
		const whole = await drum.profile(left.history, { size: 4 });
		expect(again.references).toEqual(whole.references);
		expect(profile.coreset).toHaveLength(4);
	});

	test("a disliked reference, a row of no coreset, several, all, by list or by a function", async () => {
		const disliked = profile.negativeReferences[1]!.prompt;
		const picked = new Set([...profile.coreset, ...profile.negativeCoreset]);
		const other = `prompt ${[...history.keys()].find((row) => !picked.has(row))}`;
		const left = profile.without([disliked, other]);
		expect(left.history).toHaveLength(28);
		expect(left.references).toEqual(profile.references);
		expect(left.negativeReferences).toEqual(profile.negativeReferences.filter((_, i) => i !== 1));
		await expectOwnStates(left);
		const byRow = profile.without(({ prompt }, row) => prompt === other || `prompt ${row}` === disliked);
		expect(byRow.toBytes()).toEqual(left.toBytes());
		const none = profile.without(() => true);
		expect([none.history, none.coreset, none.negativeStates]).toEqual([[], [], []]);
		expect(await drum.loadProfile(none.toBytes())).toMatchObject({ history: [] });
		expect(profile.without(() => false).toBytes()).toEqual(profile.toBytes());
	});

	test("its only rows of weight has no coreset of rows of weight 0", async () => {
		const rows = [
			{ prompt: "a", intensity: 1 },
			{ prompt: "b", intensity: 0 },
		];
		const left = (await drum.profile(rows, { ratio: 1 })).without("a");
		expect([left.history, left.coreset]).toEqual([[{ prompt: "b", intensity: 0 }], []]);
		expect(await drum.loadProfile(left.toBytes())).toMatchObject({ coreset: [] });
	});

	test.each<[string, unknown, string]>([
		["a prompt that it does not have", "prompt 3 ", '"prompt 3 "'],
		["a list with one", ["prompt 3", "x"], '"x"'],
		["no prompt at all", 3, "3"],
	])("%s is refused", async (_, which, found) => {
		const error = await failureOf(() => profile.without(which as never));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.found).toBe(found);
	});
});
