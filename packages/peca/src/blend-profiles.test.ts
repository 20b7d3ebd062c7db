import { type HistoryItem, MIXES, Profile } from "@drum/peca";
import { ArgumentError, type Tensor } from "@drum/tensor";
import { failureOf, temporaryFolder } from "@drum/test-made-up";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { madeUpDrum } from "./testing/made-up-pipeline.ts";

const { folder, remove } = await temporaryFolder();
afterAll(remove);
const L = { width: 8, heads: 2, tokens: 3, skips: [-1, -2] as const };
const sizes = { L, bigG: { ...L, width: 16 } };
const { drum } = await madeUpDrum(folder, MIXES.sdxl, sizes);
const { drum: another } = await madeUpDrum(folder, MIXES.sdxl, sizes, "-other");
afterAll(() => Promise.all([drum.release(), another.release()]));

const rows = (name: string, intensities: readonly number[]): HistoryItem[] =>
	intensities.map((intensity, i) => ({ prompt: `${name} ${i}`, intensity }));
const ann = await drum.profile(rows("ann", [5, 1, 2, -3]), { ratio: 1 });
const bob = await drum.profile([...rows("bob", [10, 30]), { prompt: "ann 0", intensity: 10 }], { ratio: 1 });

function expectNear(a: Tensor<"float32">, b: Tensor<"float32">) {
	expect(a.dims).toEqual(b.dims);
	for (const [i, value] of a.data.entries()) expect(Math.abs(value - b.data[i]!)).toBeLessThan(1e-5);
}

describe("a blend", () => {
	test("steers like a history in which each profile's intensities sum to its weight", async () => {
		const blend = await Profile.blend([{ profile: ann, weight: 2 }, { profile: bob }], { size: 10 });
		const mixed = [
			{ prompt: "ann 0", intensity: 2 * (5 / 8) + 10 / 50 },
			{ prompt: "ann 1", intensity: 2 / 8 },
			{ prompt: "ann 2", intensity: 4 / 8 },
			{ prompt: "bob 0", intensity: 10 / 50 },
			{ prompt: "bob 1", intensity: 30 / 50 },
			{ prompt: "ann 3", intensity: -2 },
		];
		expect(blend.history).toEqual(
			mixed.map(({ prompt, intensity }) => ({ prompt, intensity: expect.closeTo(intensity, 12) })),
		);
		const whole = await drum.profile(mixed, { ratio: 1 });
		const [a, b] = await Promise.all([blend, whole].map((profile) => drum.condition("a cat", { profile })));
		expectNear(a!.promptEmbeds, b!.promptEmbeds);
		expectNear(a!.negative!.promptEmbeds, b!.negative!.promptEmbeds);
		expect(await drum.loadProfile(blend.toBytes({ dtype: "float32" }))).toMatchObject({ coreset: blend.coreset });
	});

	test("keeps as many references as the largest profile, or `size`, and each profile's weight", async () => {
		const many = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 12 });
		await fc.assert(
			fc.asyncProperty(
				many,
				many,
				fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
				async (x, y, size) => {
					const [a, b] = await Promise.all([
						drum.profile(rows("x", x), { ratio: 1 }),
						drum.profile(rows("y", y), { ratio: 1 }),
					]);
					const blend = await Profile.blend([{ profile: a, weight: 3 }, { profile: b }], { size });
					const most = size ?? Math.max(x.length, y.length);
					expect(blend.references).toHaveLength(Math.min(most, x.length + y.length));
					for (const [name, weight] of [
						["x", 3],
						["y", 1],
					] as const) {
						const own = blend.references.filter(({ prompt }) => prompt.startsWith(name));
						const total = own.reduce((sum, { intensity }) => sum + intensity, 0);
						if (own.length > 0) expect(total).toBeCloseTo(weight, 9);
					}
					for (const { encoder, skip, hidden } of blend.states) {
						const size = hidden.dims[1]! * hidden.dims[2]!;
						for (const [i, { prompt }] of blend.references.entries()) {
							const from = prompt.startsWith("x") ? a : b;
							const place = from.references.findIndex((each) => each.prompt === prompt);
							const expected = from.hidden(encoder, skip).data.subarray(place * size, (place + 1) * size);
							expect(hidden.data.subarray(i * size, (i + 1) * size)).toEqual(expected);
						}
					}
				},
			),
			{ numRuns: 25 },
		);
	});

	test("can be extended like any profile", async () => {
		const blend = await Profile.blend([{ profile: ann }, { profile: bob }], { size: 10 });
		const grown = await drum.extend(blend, [{ prompt: "new", intensity: 1 }]);
		expect(grown.references.map(({ prompt }) => prompt)).toContain("new");
		expect(grown.coreset).toHaveLength(6);
	});

	test("of one profile has its references, and of empty profiles none", async () => {
		const alone = await Profile.blend([{ profile: bob, weight: 50 }]);
		expect(alone.references).toEqual(bob.references);
		const empty = await drum.profile([]);
		expect((await Profile.blend([{ profile: empty }, { profile: bob, weight: 50 }])).references).toEqual(
			bob.references,
		);
		expect((await Profile.blend([{ profile: empty }])).history).toEqual([]);
	});

	test.each<[string, () => Promise<Profile>, string]>([
		["no profiles", () => Profile.blend([]), "parts of the blend"],
		["an object that is not a profile", () => Profile.blend([{ profile: {} as never }]), "parts of the blend"],
		["a weight of 0", () => Profile.blend([{ profile: ann, weight: 0 }]), "weight of a blend"],
		["a size of 0", () => Profile.blend([{ profile: ann }], { size: 0 }), "size"],
		[
			"an unknown option",
			() => Profile.blend([{ profile: ann }], { ratio: 1 } as never),
			"option ratio of Profile.blend",
		],
		[
			"another encoder's profile",
			async () => Profile.blend([{ profile: ann }, { profile: await another.profile(rows("eve", [1])) }]),
			"profile 1 of the blend",
		],
	])("is refused for %s", async (_, call, what) => {
		const error = await failureOf(call);
		expect(error).toBeInstanceOf(ArgumentError);
		expect(error.what).toBe(what);
	});
});
