import type { Tensor } from "@drum/tensor";
import { MadeUpEncoder } from "@drum/test-made-up";
import { Training, type TrainingSettings, trainingSettings } from "@drum/training";
import { describe, expect, test } from "vitest";
import { dropoutMasks } from "./masks.ts";
import { SIZES } from "./testing/made-up-run.ts";

const CAPTIONS = Array.from({ length: 8 }, (_, i) => `caption ${i}`);
const QUICK = { steps: 10, batchSize: 8, layers: 2, learningRate: 1e-3, warmupSteps: 0, dropout: 0 };

/** Some steps with the same captions: their losses and rates, and the parameters and sums after them. */
async function after(count: number, more: Partial<TrainingSettings>) {
	const encoder = new MadeUpEncoder(SIZES);
	const settings = trainingSettings({ ...QUICK, ...more }, encoder);
	await using training = await Training.create(encoder, settings, { threads: 1 });
	const steps: Awaited<ReturnType<typeof training.next>>[] = [];
	for (let i = 0; i < count; i++) steps.push(await training.next(CAPTIONS));
	return { steps, state: await training.state() };
}

// Oracle: one pass over the whole batch. Compares AdamW's sums, which are close to the gradients. Its steps would amplify their noise.
test.each([1, 2, 4])(
	"gradients summed over passes of %i captions are the same as of the whole batch",
	async (microBatchSize) => {
		const [parts, whole] = [await after(1, { microBatchSize }), await after(1, { microBatchSize: 8 })];
		expect(parts.steps[0]!.loss).toBeCloseTo(whole.steps[0]!.loss, 5);
		for (const [name, expected] of Object.entries(whole.state.first)) {
			const size = largest(expected);
			expect(difference(parts.state.first[name]!, expected), name).toBeLessThan(1e-5 * size + 1e-8);
		}
	},
);

// Oracle: the authors' cosine_lr at 8e-4, 4 steps of warm-up and 8 in total, calculated by hand. Steps count from 1.
test("the learning rate rises linearly and falls as half a cosine to 0", async () => {
	const { steps } = await after(8, { learningRate: 8e-4, warmupSteps: 4, steps: 8 });
	const half = Math.SQRT1_2;
	const expected = [4e-4, 6e-4, 8e-4, 8e-4, 4e-4 * (1 + half), 4e-4, 4e-4 * (1 - half), 0];
	for (const [i, { step, learningRate }] of steps.entries()) {
		expect(step).toBe(i + 1);
		expect(learningRate).toBeCloseTo(expected[i]!, 12);
	}
});

describe("dropout", () => {
	test("is the same for the same seed, and different for another", async () => {
		const losses = async (more: Partial<TrainingSettings>) => (await after(3, more)).steps.map(({ loss }) => loss);
		const dropped = await losses({ dropout: 0.3, seed: 5 });
		expect(await losses({ dropout: 0.3, seed: 5 })).toEqual(dropped);
		expect((await losses({ dropout: 0.3, seed: 6 }))[0]).not.toBe(dropped[0]);
		expect((await losses({ dropout: 0, seed: 5 }))[0]).not.toBe(dropped[0]);
	});

	// Oracle: the binomial distribution, at five deviations.
	test.each([0.01, 0.1, 0.5, 0.9])("drops the share %d, equally in all places", (share) => {
		const size = 100_000;
		const { mask } = dropoutMasks({ mask: [size] }, share, 42, 1, 0);
		const kept = (from: number, to: number) => mask!.data.subarray(from, to).reduce((sum, x) => sum + x, 0);
		const near = (count: number, of: number) =>
			expect(Math.abs(count - of * (1 - share))).toBeLessThan(5 * Math.sqrt(of * share * (1 - share)));
		near(kept(0, size), size);
		for (let from = 0; from < size; from += size / 10) near(kept(from, from + size / 10), size / 10);
	});

	// Oracle: two independent masks both keep (1 − share)² of the elements.
	test.each([
		["step", [42, 2, 0]],
		["pass", [42, 1, 1]],
		["seed", [43, 1, 0]],
		["seed, far apart,", [2 ** 31 + 42, 1, 0]],
		["step and pass, the other way round,", [42, 0, 1]],
	])("of another %s is independent", (_, seeds) => {
		const size = 100_000;
		const [a, b] = [[42, 1, 0], seeds].map((each) => dropoutMasks({ mask: [size] }, 0.5, ...each).mask!.data);
		const both = a!.reduce((sum, x, i) => sum + x * b![i]!, 0);
		expect(Math.abs(both - size / 4)).toBeLessThan(5 * Math.sqrt((size * 3) / 16));
	});
});

test.each([
	[{ ...QUICK, learnignRate: 1 }, {}, /option learnignRate of Training\.create: .*Did you mean learningRate\?/],
	[{}, { stat: 1 }, /option stat of Training\.create: .*Did you mean state\?/],
])("an unknown name is refused: %j, %j", async (settings, start, said) => {
	await expect(Training.create(new MadeUpEncoder(SIZES), settings as never, start as never)).rejects.toThrow(said);
});

function largest({ data }: Tensor<"float32">): number {
	return data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function difference(a: Tensor<"float32">, b: Tensor<"float32">): number {
	return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i]!)), 0);
}
