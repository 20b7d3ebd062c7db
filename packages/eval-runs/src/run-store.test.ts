import { openDatabase } from "@drum/database";
import type { EvaluationUser, LeftOutUser } from "@drum/eval";
import { beforeEach, describe, expect, test } from "vitest";
import { RunStore } from "./index.ts";
import { madeUpSettings, madeUpUnits } from "./testing/made-up-run.ts";
import { runFolder } from "./testing/run-folder.ts";

const USERS: EvaluationUser[] = ["a", "b", "c"].map((id) => ({
	...{ id, history: [{ prompt: `"${id}" \u0000 \u2028 \ud800`, intensity: 0.1 + 0.2 }], targets: ["t", "u"] },
}));
const settings = madeUpSettings({ tables: ["2a"], users: 2 });
const [unit, other] = madeUpUnits(settings, 2, () => ({ target: 1 / 3, history: -0 })) as [Unit, Unit];
type Unit = ReturnType<typeof madeUpUnits>[number];

let place: { folder: string };
beforeEach(async () => {
	place = { folder: await runFolder() };
});

describe("a run's database", () => {
	test("begins with settings and the first so many users, as they were, or not at all", async () => {
		await using store = await RunStore.open(place);
		async function* broken() {
			yield USERS[0]!;
			throw new Error("a bad line");
		}
		await expect(store.begin(settings, broken)).rejects.toThrow("a bad line");
		expect(await store.settings()).toBeUndefined();
		await expect(store.begin(settings, () => [])).rejects.toThrow("expected at least one, found none");
		const left = { id: "zero", place: 'user "zero" (a.jsonl, line 1)', reason: "expected a history" };
		const only = (onLeftOut: (user: LeftOutUser) => void) => {
			onLeftOut(left);
			return [] as EvaluationUser[];
		};
		await expect(store.begin(settings, only)).rejects.toThrow(/found none; 1 are left out, such as user "zero"/);
		await store.begin(settings, (onLeftOut) => {
			onLeftOut(left);
			return USERS;
		});
		expect(await store.settings()).toEqual(settings);
		expect(await store.leftOut()).toEqual([left]);
		expect([await store.userCount(), await store.user(1)]).toEqual([2, { number: 1, ...USERS[1] }]);
		// What has begun is not read again.
		await store.begin(settings, broken);
		await expect(store.begin({ ...settings, seed: 1 }, broken)).rejects.toThrow(/seed 42, found seed 1/);
	});

	test("keeps a unit once, with its pictures, and for another process after this one", async () => {
		const png = Uint8Array.of(1, 0, 255);
		await RunStore.open(place).then(async (store) => {
			await store.begin(settings, () => USERS);
			expect(await store.keep(unit, [png, png])).toBe(true);
			const again = { ...unit, measurement: { ...unit.measurement, seconds: 9 } };
			expect(await store.keep(again, [Uint8Array.of(7)])).toBe(false);
			await store[Symbol.asyncDispose]();
		});
		await using store = await RunStore.open(place);
		expect(await store.units()).toEqual([unit]);
		const kept = await store.pictures();
		expect(kept.map(({ picture, png }) => [picture, [...png]])).toEqual([
			[0, [...png]],
			[1, [...png]],
		]);
		expect([await store.unitCount(), await store.unitCount(0), await store.unitCount(1)]).toEqual([1, 1, 0]);
		expect(await store.measured(0, 0)).toEqual(new Set([unit.method]));
		expect(await store.openUsers(0, 2)).toEqual([0, 1]);
		await store.keep(other, []);
		expect(await store.openUsers(0, 2)).toEqual([1]);
	});

	test("is not taken for one where another program's tables are", async () => {
		const migrations = { "0001-begin": { up: async () => {} } };
		await (await openDatabase(place, { migrations }))[Symbol.asyncDispose]();
		await expect(RunStore.open(place)).rejects.toMatchObject({ code: "argument", what: "the database" });
	});

	test("is agreed with by the weights that it began with, and by no others", async () => {
		await using store = await RunStore.open(place);
		await store.agree(0, "Stable Diffusion 1", "fingerprint-1");
		await store.agree(0, "Stable Diffusion 1", "fingerprint-1");
		await store.agree(1, "Stable Diffusion 2", "fingerprint-2");
		await expect(store.agree(0, "Stable Diffusion 1", "another")).rejects.toMatchObject({ code: "argument" });
		expect(await store.modelNames()).toEqual(["Stable Diffusion 1", "Stable Diffusion 2"]);
	});

	test("gives each round to one of those who want to begin it", async () => {
		await using store = await RunStore.open(place);
		await store.agree(0, "m", "f");
		const round = await store.round(0);
		let begun = 0;
		const begin = () => store.beginRound(0, round, async () => void begun++);
		await Promise.all([begin(), begin(), begin()]);
		await begin();
		expect([begun, await store.round(0)]).toEqual([1, round + 1]);
	});
});
