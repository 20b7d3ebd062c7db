import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { adapters, clip, makeUsers, model } from "@drum/tiny";
import { beforeEach, describe, expect, test } from "vitest";
import { estimateOf, evaluate, RunModels, type RunSettings, RunStore } from "./index.ts";
import { madeUpSettings, madeUpUnits } from "./testing/made-up-run.ts";
import { runFolder } from "./testing/run-folder.ts";

let place: { folder: string };
beforeEach(async () => {
	place = { folder: await runFolder() };
});

const USERS = makeUsers(2, 1).map(({ number, history, targets }) => ({
	...{ id: String(number), targets: targets.map(({ prompt }) => prompt) },
	history: history.map(({ prompt, intensity }) => ({ prompt, intensity })),
}));

async function begun(settings: RunSettings): Promise<RunStore> {
	const store = await RunStore.open(place);
	await store.begin(settings, () => USERS);
	return store;
}

const open = () => RunModels.open({ model, adapters, clip }, { models: STABLE_DIFFUSION });

test("models are opened by names that there are", async () => {
	const misspelt = { model, adapter: adapters, clip } as never;
	await expect(RunModels.open(misspelt, { models: STABLE_DIFFUSION })).rejects.toThrow(
		/option adapter of RunModels\.open: .*Did you mean adapters\?/,
	);
});

describe("a run", () => {
	test("ends with the error of a method, keeps what was measured, and goes on from there", async () => {
		await using store = await begun(madeUpSettings({ tables: ["2b"], methods: ["plain", "tv", "pmg"] }));
		let asked = 0;
		const rewriters = (bad: number) => () => ({
			tv: async () => {
				if (++asked === bad) throw new Error("no more credit");
				return ["a star", "a cat"];
			},
			pmg: async () => ["a star", "a house"],
		});
		await expect(evaluate({ store, open, rewriters: rewriters(2) })).rejects.toThrow("no more credit");
		const before = await store.units();
		expect(before).toHaveLength(3 + 1);
		const told: [number, number][] = [];
		await evaluate({ store, open, rewriters: rewriters(0), onUnit: (done, total) => told.push([done, total]) });
		expect(told).toEqual([
			[5, 6],
			[6, 6],
		]);
		expect(asked).toBe(3);
		const all = await store.units();
		expect(all).toEqual(expect.arrayContaining(before));
		// Nothing is lacking: no model is opened.
		await evaluate({ store, open: () => Promise.reject(new Error("opened")) });
	});

	test("that has to measure Text align says when the CLIP is not for it, before anything is measured", async () => {
		await using store = await begun(madeUpSettings({ tables: ["2b"] }));
		const other = {
			...{ pipeline: { name: "a model", encoders: {} }, aligned: [], scorer: { text: { name: "a CLIP", width: 512 } } },
			async [Symbol.asyncDispose]() {},
		} as unknown as RunModels;
		const running = evaluate({ store, open: async () => other });
		await expect(running).rejects.toMatchObject({ code: "argument", found: "a CLIP, of width 512" });
		expect(await store.unitCount()).toBe(0);
	});

	test("is told beforehand by what is lacking", async () => {
		const settings = madeUpSettings({
			...{ tables: ["2a"], methods: ["plain", "drum", "tv", "pmg", "fabric", "viper"], figures: ["3"], ratios: [0.1] },
			sheets: 1,
		});
		await using store = await begun(settings);
		const trial = { prompt: 0, step: 2, picture: 1, steps: 10, bytes: 100 };
		const whole = await estimateOf(store, settings, 0, trial);
		// Of two users: six methods and two samplers; pictures of two targets, for FABRIC four that are seen twice and two of the history, and for
		// ViPer four.
		expect(whole).toMatchObject({ units: 2 * 8, pictures: 2 * (4 * 2 + 6 + 4), chatCalls: 2 * 4 });
		expect(whole.seconds).toBe(whole.pictures * 21);
		expect(whole.bytes).toBe(whole.units * 1000 + (whole.pictures / 2) * 100);
		for (const unit of madeUpUnits(settings, 1, () => ({ target: 1, history: 1 }))) await store.keep(unit, []);
		expect(await estimateOf(store, settings, 0, trial)).toMatchObject({ units: 8, pictures: 18, chatCalls: 4 });
		const slower = await estimateOf(store, settings, 0, { ...trial, prompt: 1 });
		const { length } = USERS[1]!.history;
		const references = (1 + 1 + 5) * Math.round(length / 10);
		expect(slower.seconds).toBe(18 * 21 + 2 * (length + 2) + 2 * references);
	});
});
