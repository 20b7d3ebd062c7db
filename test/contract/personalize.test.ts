import { type Condition, DrUM, MIXES, type Personalizable } from "@drum/peca";
import { StableDiffusion } from "@drum/pipelines-sd";
import type { TextEncoder } from "@drum/tensor";
import { afterAll, describe, expect, it } from "vitest";
import { golden, nativeClip } from "./backends.ts";
import { openExport } from "./exports.ts";

// A backend stands in for the native encoder: histories become the same profiles, prompts the same conditions.

const TOLERANCE = 2e-5;

const HISTORY = ["a red cat", "an old house", "rain on a window", "a blue dog", "mountains", "a red fox"].map(
	(prompt, i) => ({ prompt, intensity: 1 + (i % 3) }),
);
const A1111 = { promptSyntax: "a1111" } as const;
const PROMPTS = ["a lighthouse", "a red lighthouse at night, in the rain"];

/** A pipeline that draws nothing: its result is the condition it would have drawn from. */
function pipelineOf(encoder: TextEncoder): Personalizable<{ signal?: AbortSignal }, Condition> {
	return {
		name: `a pipeline on ${encoder.name}`,
		mix: MIXES.sd1,
		encoders: { L: encoder },
		device: "cpu",
		checkOptions: async () => {},
		generate: async (condition) => condition,
	};
}

async function attached(encoder: TextEncoder): Promise<DrUM<{ signal?: AbortSignal }, Condition>> {
	const drum = await DrUM.attach(pipelineOf(encoder), { adapters: golden("adapters") });
	afterAll(async () => {
		await drum.release();
		await encoder.release();
	});
	return drum;
}

function largestDifference(a: Condition, b: Condition): number {
	expect(a.promptEmbeds.dims).toEqual(b.promptEmbeds.dims);
	const other = b.promptEmbeds.data;
	return a.promptEmbeds.data.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

describe("DrUM behind transformers.js personalises as behind the native encoder", async () => {
	const [native, other] = [await attached(await nativeClip()), await attached(await openExport("clip"))];
	const [ours, theirs] = [await native.profile(HISTORY, { size: 3 }), await other.profile(HISTORY, { size: 3 })];

	it("chooses the same coreset", () => {
		expect(theirs.coreset).toEqual(ours.coreset);
		expect(ours.coreset.length).toBe(3);
	});

	it.each([0, 0.3, 1])("α = %d: conditions within 2e-5", async (alpha) => {
		const expected = await native.condition(PROMPTS, { profile: ours, alpha });
		const found = await other.condition(PROMPTS, { profile: theirs, alpha });
		expect(largestDifference(found, expected)).toBeLessThanOrEqual(TOLERANCE);
		const plain = await native.condition(PROMPTS);
		expect(largestDifference(expected, plain)).toBeGreaterThan(100 * TOLERANCE);
	});

	it("without a profile, and through generate", async () => {
		expect(largestDifference(await other.condition(PROMPTS), await native.condition(PROMPTS))).toBeLessThanOrEqual(
			TOLERANCE,
		);
		const [found, expected] = [
			await other.generate(PROMPTS, { profile: theirs, alpha: 0.3 }),
			await native.generate(PROMPTS, { profile: ours, alpha: 0.3 }),
		];
		expect(largestDifference(found, expected)).toBeLessThanOrEqual(TOLERANCE);
	});

	it("reads weights and long prompts alike", async () => {
		const long = `a (red:1.4) lighthouse, ${"[rain] on a window, ".repeat(20)}`;
		const prompts = [long, "x"];
		const [found, expected] = [await other.condition(prompts, A1111), await native.condition(prompts, A1111)];
		expect(expected.promptEmbeds.dims[1]).toBeGreaterThan(77);
		expect(largestDifference(found, expected)).toBeLessThanOrEqual(TOLERANCE);
		const personal = await other.condition(prompts, { ...A1111, profile: theirs });
		expect(
			largestDifference(personal, await native.condition(prompts, { ...A1111, profile: ours })),
		).toBeLessThanOrEqual(TOLERANCE);
	});

	it("refuses the native encoder's profile, whose fingerprint is another", async () => {
		await expect(other.condition(PROMPTS, { profile: ours })).rejects.toMatchObject({ code: "argument" });
	});

	it("draws the same personalised pictures", async () => {
		const draw = async (encoders: Record<string, TextEncoder>) => {
			await using sd = await StableDiffusion.fromPretrained(golden("sd1"), { encoders });
			const drum = await DrUM.attach(sd, { adapters: golden("adapters") });
			const profile = await drum.profile(HISTORY, { size: 3 });
			const options = { profile, alpha: 0.5, seed: 7, numInferenceSteps: 2, height: 64, width: 64 };
			const { data } = (await drum.generate(PROMPTS[0]!, options)).images[0]!;
			const plain = (await sd.generate(PROMPTS[0]!, { seed: 7, numInferenceSteps: 2, height: 64, width: 64 }))
				.images[0]!;
			expect(plain.data).not.toEqual(data);
			return data;
		};
		const [expected, found] = [await draw({}), await draw({ L: await openExport("clip") })];
		expect(found.length).toBe(expected.length);
		expect(found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0)).toBeLessThanOrEqual(1);
	});
});
