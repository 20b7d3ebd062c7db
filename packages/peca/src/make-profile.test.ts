import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { coreset } from "@drum/coreset";
import {
	type HistoryItem,
	MIXES,
	makeProfile,
	type Profile,
	type ProfileOptions,
	type ProfileProgress,
} from "@drum/peca";
import { ArgumentError, type TextEncoder } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import { TYPESCRIPT } from "@drum/test-process";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3, skips: [-1, -2] as const };
const { drum, pipeline } = await madeUpDrum(folder, MIXES.sdxl, { L, bigG: { ...L, width: 16 } });
const encoders = [pipeline.encoders.L!, pipeline.encoders.bigG!] as const;
beforeEach(() => {
	for (const { encoded } of encoders) encoded.length = 0;
});

const history = (count: number, from = 0): HistoryItem[] =>
	Array.from({ length: count }, (_, i) => ({ prompt: `prompt ${from + i}`, intensity: (i % 5) + 1 }));

function largestDifference(a: Profile, b: Profile): number {
	expect(b.states.map(({ encoder, skip }) => [encoder, skip])).toEqual(
		a.states.map(({ encoder, skip }) => [encoder, skip]),
	);
	return Math.max(
		...a.states.flatMap(({ encoder, skip, hidden }) => {
			const other = b.hidden(encoder, skip);
			expect(other.dims).toEqual(hidden.dims);
			return Array.from(hidden.data, (value, i) => Math.abs(value - other.data[i]!));
		}),
	);
}

describe("a profile", () => {
	test("holds the coreset of the history by Algorithm 1, with each reference's own states and intensity", async () => {
		const all = history(150);
		const profile = await drum.profile(all);
		const intensities = all.map(({ intensity }) => intensity!);
		expect(profile.coreset).toEqual(await coreset(profile.features, { intensities }));
		expect(profile.references).toEqual(profile.coreset.map((row) => all[row]));
		for (const [name, encoder] of Object.entries(pipeline.encoders)) {
			const { hidden } = await encoder.encode(profile.references.map(({ prompt }) => prompt));
			for (const { encoder: own, skip, hidden: found } of profile.states)
				if (own === name) expect(found).toEqual(hidden[skip]);
		}
	});

	test("is not made from hidden states that are not numbers", async () => {
		const { L } = pipeline.encoders;
		const encode: TextEncoder["encode"] = async (prompts, options) => {
			const encoding = await L!.encode(prompts, options);
			for (const hidden of Object.values(encoding.hidden)) hidden.data[hidden.data.length - 1] = Number.NaN;
			return encoding;
		};
		const odd = { ...pipeline.encoders, L: Object.assign(Object.create(L!) as TextEncoder, { encode }) };
		const error = await failureOf(() => makeProfile(pipeline.mix, odd, history(3), {}));
		expect(error.message).toBe("hidden states of encoder L: expected finite numbers, found NaN. Run it in float32");
	});

	test("accepts ratings and weights as intensities, in rows with any other fields", async () => {
		const rows = [{ prompt: "a", rating: 5, user: 7 }, { prompt: "b", weight: 0.5, rating: null }, { prompt: "c" }];
		const made = await drum.profile(rows);
		const expected = [5, 0.5, 1].map((intensity, i) => ({ prompt: "abc"[i], intensity }));
		expect(made.history).toEqual(expected);
		expect((await drum.extend(made, [{ prompt: "d", weight: 3 }])).history[3]).toEqual({ prompt: "d", intensity: 3 });
		const both = await failureOf(() => drum.profile([{ prompt: "a" }, { prompt: "b", rating: 5, weight: 5 }]));
		expect(both.message).toBe("history row 1: expected one of intensity, rating, weight, found rating and weight");
		const wrong = await failureOf(() => drum.extend(made, [{ prompt: "b", rating: "5" as never }]));
		expect(wrong.message).toBe('rating of history row 0: expected a finite number, found "5"');
	});

	test("keeps a tenth, but at least 8 or all, if neither ratio nor size is given", async () => {
		const kept = async (rows: number, options?: ProfileOptions) =>
			(await drum.profile(history(rows), options)).coreset.length;
		for (const [rows, number] of [
			[1, 1],
			[3, 3],
			[8, 8],
			[9, 8],
			[80, 8],
			[84, 8],
			[85, 8],
			[86, 9],
			[150, 15],
		] as const)
			expect(await kept(rows), `${rows}`).toBe(number);
		expect(await kept(20, { ratio: 0.1 })).toBe(2);
		expect(await kept(3, { ratio: 0.1 })).toBe(1);
		expect(await kept(20, { size: 1 })).toBe(1);
	});

	test.each<[string, readonly HistoryItem[], ProfileOptions, number]>([
		["no rows", [], {}, 0],
		["one row", history(1), {}, 1],
		["duplicates", Array.from({ length: 20 }, () => ({ prompt: "the same" })), { size: 3 }, 3],
		[
			"any script, emoji and halves of characters",
			["猫と犬", "قطة", "🐈‍⬛", "\ud800", "\0"].map((prompt) => ({ prompt })),
			{ ratio: 1 },
			5,
		],
		[
			"huge and tiny intensities",
			[1e300, 5e-324, 0].map((intensity) => ({ prompt: `${intensity}`, intensity })),
			{ ratio: 1 },
			3,
		],
		["fewer rows than asked for", history(3), { size: 10 }, 3],
	])("takes a history of %s", async (_, all, options, references) => {
		const profile = await drum.profile(all, options);
		expect(profile.history).toEqual(all.map(({ prompt, intensity = 1 }) => ({ prompt, intensity })));
		expect(profile.coreset.length).toBe(references);
		const { promptEmbeds } = await drum.condition("a lighthouse", { profile });
		expect(promptEmbeds.data.every(Number.isFinite)).toBe(true);
	});

	test.each<[string, unknown, string, string]>([
		["no list", "a cat", "history", '"a cat"'],
		["a row that is nothing", [{ prompt: "a" }, null], "history row 1", "null"],
		["a gap", new Array(1), "history row 0", "nothing"],
		["a prompt that is no string", [{ prompt: "a" }, { prompt: 5n }], "history row 1", "5n"],
		["a bare string", ["a cat"], "history row 0", '"a cat"'],
		["an empty prompt", [{ prompt: "" }], "history row 0", "an empty one"],
		["a prompt of white space", [{ prompt: " \n\t" }], "history row 0", "an empty one"],
		["a picture without a prompt", [{ image: "a.png" }], "history row 0", "a picture without a prompt"],
		["an invalid time", [{ prompt: "a", at: "yesterday" }], "at of history row 0", '"yesterday"'],
		["an invalid date", [{ prompt: "a", timestamp: new Date("?") }], "timestamp of history row 0", "an invalid Date"],
		["two times", [{ prompt: "a", at: 1, timestamp: 2 }], "history row 0", "at and timestamp"],
		["an intensity that is no number", [{ prompt: "a", intensity: Number.NaN }], "intensity of history row 0", "NaN"],
		["an infinite one", [{ prompt: "a", intensity: 1 / 0 }], "intensity of history row 0", "Infinity"],
		["one in words", [{ prompt: "a", intensity: "5" }], "intensity of history row 0", '"5"'],
		["intensities of 0 alone", [{ prompt: "a", intensity: 0 }], "intensities", "all are 0"],
	])("is refused for %s, before anything is encoded", async (_, all, what, found) => {
		const error = await failureOf(() => drum.profile(all as HistoryItem[]));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.what).toBe(what);
		expect(error.found).toContain(found);
		expect(encoders.flatMap(({ encoded }) => encoded)).toEqual([]);
	});

	test.each<[string, ProfileOptions]>([
		["ratio and size", { ratio: 0.5, size: 2 }],
		["ratio", { ratio: 0 }],
		["ratio", { ratio: 1.5 }],
		["ratio", { ratio: Number.NaN }],
		["size", { size: 0 }],
		["size", { size: 1.5 }],
		["size", { size: Number.NaN }],
		["seed", { seed: -1 }],
		["seed", { seed: 2 ** 32 }],
		["seed", { seed: Number.NaN }],
	])("is refused for a wrong %s, before anything is encoded", async (what, options) => {
		const error = await failureOf(() => drum.profile(history(4), options));
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.what).toBe(what);
		expect(encoders.flatMap(({ encoded }) => encoded)).toEqual([]);
	});

	test("reports the progress of each step from the first prompt to the last, never backwards", async () => {
		const seen: ProfileProgress[] = [];
		await drum.profile(history(200), { onProgress: (progress) => void seen.push(progress) });
		const stations = ["embeddings", "coreset", "profile"] as const;
		expect([...new Set(seen.map(({ station }) => station))]).toEqual(stations);
		expect(seen.map(({ station }) => stations.indexOf(station))).toEqual(
			seen.map(({ station }) => stations.indexOf(station)).toSorted(),
		);
		for (const station of stations) {
			const own = seen.filter((each) => each.station === station);
			expect(own.map(({ done }) => done)).toEqual(own.map(({ done }) => done).toSorted((a, b) => a - b));
			expect(own.at(-1)!.done).toBe(own.at(-1)!.total);
			expect(new Set(own.map(({ total }) => total)).size).toBe(1);
		}
	});

	test.each(["embeddings", "coreset", "profile"] as const)(
		"is given up at the station %s with the signal's reason",
		async (station) => {
			const cancelled = new AbortController();
			const onProgress = (progress: ProfileProgress) => {
				if (progress.station === station) cancelled.abort(station);
			};
			await expect(drum.profile(history(200), { signal: cancelled.signal, onProgress })).rejects.toBe(station);
			expect((await drum.profile(history(200))).coreset.length).toBe(20);
		},
	);

	test("is not started with an aborted signal", async () => {
		await expect(drum.profile(history(3), { signal: AbortSignal.abort("before") })).rejects.toBe("before");
		expect(encoders.flatMap(({ encoded }) => encoded)).toEqual([]);
	});
});

describe("an extended profile", () => {
	test("is the profile of the whole history, and encodes only what is new to it", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.nat(40),
				fc.nat(40),
				fc.constantFrom({ size: 5 }, { ratio: 0.3 }, {}),
				async (m, n, options) => {
					const [older, newer] = [history(m), history(n, m)];
					const before = await drum.profile(older, options);
					for (const { encoded } of encoders) encoded.length = 0;
					const extended = await drum.extend(before, newer);
					const [first, second] = encoders.map(({ encoded }) => encoded.splice(0)) as [string[], string[]];
					const whole = await drum.profile([...older, ...newer], options);
					expect({ ...extended, states: [] }).toEqual({ ...whole, states: [] });
					expect(largestDifference(extended, whole)).toBeLessThanOrEqual(1e-6);

					const picked = new Set(before.coreset);
					const pickedAnew = whole.coreset.filter((row) => !picked.has(row));
					const promptsOf = (rows: number[]) => rows.map((row) => whole.history[row]!.prompt);
					expect(first).toEqual([
						...newer.map(({ prompt }) => prompt),
						...promptsOf(pickedAnew.filter((row) => row < m)),
					]);
					expect(second).toEqual(promptsOf(pickedAnew));
				},
			),
			{ numRuns: 30 },
		);
	});

	test("can have another share or seed", async () => {
		const before = await drum.profile(history(30), { size: 3 });
		const extended = await drum.extend(before, history(10, 30), { ratio: 0.5, seed: 7 });
		expect({ ...extended, states: [] }).toEqual({
			...(await drum.profile([...history(30), ...history(10, 30)], { ratio: 0.5, seed: 7 })),
			states: [],
		});
	});

	test("may have new rows of weight 0, and wrong ones are named by their place in the new history", async () => {
		const before = await drum.profile(history(3), { ratio: 1 });
		const after = await drum.extend(before, [{ prompt: "a", intensity: 0 }]);
		expect(after.references.at(-1)).toEqual({ prompt: "a", intensity: 0 });
		const error = await failureOf(() => drum.extend(before, [{ prompt: "a" }, { prompt: "" }]));
		expect(error.what).toBe("history row 1");
		expect(await failureOf(() => drum.extend(before, "a cat" as never))).toBeInstanceOf(ArgumentError);
	});

	test("does not change the old profile", async () => {
		const before = await drum.profile(history(10));
		const bytes = before.toBytes();
		await drum.extend(before, history(10, 10));
		expect(before.toBytes()).toEqual(bytes);
	});
});

test("a profile of 100,000 prompts does not block the event loop, with bounded memory", async () => {
	const { adapters } = await madeUpDrum(folder, MIXES.sd1, { L: { width: 16, heads: 2, tokens: 77 } }, "-large");
	const script = join(import.meta.dirname, "testing/large-history-process.ts");
	const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT, script, adapters]);
	const { references, mixedUp, encoded, turns, held } = JSON.parse(stdout);
	expect({ references, mixedUp }).toEqual({ references: 2_000, mixedUp: [] });
	// A turn for every 64 prompts that are encoded and for every 64 references.
	expect(turns).toBeGreaterThanOrEqual(100_000 / 64 + 2_000 / 64);
	// All states are 493 MB: those that were not remembered are encoded once more, where they were chosen.
	expect(encoded).toBeGreaterThan(100_000);
	expect(encoded).toBeLessThanOrEqual(102_000);
	expect(held).toBeLessThan(1e9);
});
