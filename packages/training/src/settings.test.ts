import { failureOf } from "@drum/test-made-up";
import { type TrainingSettings, trainingSettings } from "@drum/training";
import { describe, expect, test } from "vitest";

// Oracle: the paper's section 5.1 and the authors' options.

const L = { name: "ViT-L", width: 768, heads: 12, hasClassRow: true };
const T5 = { name: "T5", width: 4096, heads: 64, hasClassRow: false };

describe("settings", () => {
	test("are the paper's by default", () => {
		const paper = {
			...{ steps: 23_000, batchSize: 256, microBatchSize: 16, learningRate: 5e-4, warmupSteps: 2500 },
			...{ weightDecay: 0.2, betas: [0.9, 0.95], epsilon: 1e-8, dropout: 0.1, layers: 10, encodeRatio: 1, seed: 42 },
		};
		expect(trainingSettings({}, L)).toEqual(paper);
		expect(trainingSettings({}, T5)).toEqual({ ...paper, encodeRatio: 4 });
	});

	test("have defaults that depend on others: passes divide the batch, and a ninth of the steps is warm-up", () => {
		expect(trainingSettings({ batchSize: 100, steps: 900 }, L)).toMatchObject({ microBatchSize: 10, warmupSteps: 100 });
		expect(trainingSettings({ batchSize: 17, steps: 1 }, L)).toMatchObject({ microBatchSize: 1, warmupSteps: 0 });
	});

	test.each<[keyof TrainingSettings, unknown, string]>([
		["steps", 0, "a whole number from 1"],
		["steps", 1.5, "a whole number from 1"],
		["batchSize", 0, "a whole number from 1"],
		["microBatchSize", 0, "a whole number from 1"],
		["microBatchSize", 7, "a divisor of batchSize 256"],
		["learningRate", 0, "a number above 0"],
		["learningRate", Number.NaN, "a number above 0"],
		["learningRate", Number.POSITIVE_INFINITY, "a number above 0"],
		["warmupSteps", -1, "a whole number from 0"],
		["warmupSteps", 23_001, "at most steps 23000"],
		["weightDecay", -0.1, "a number from 0"],
		["betas", [0.9], "two numbers from 0, below 1"],
		["betas", [0.9, 1], "two numbers from 0, below 1"],
		["epsilon", 0, "a number above 0"],
		["dropout", 1, "a number from 0, below 1"],
		["dropout", -0.1, "a number from 0, below 1"],
		["dropout", "0.1", "a number from 0, below 1"],
		["layers", 0, "a whole number from 1"],
		["encodeRatio", 0, "a whole number from 1"],
		["encodeRatio", 5, "a divisor of the width 768 and the 12 heads of ViT-L"],
		["encodeRatio", 8, "a divisor of the width 768 and the 12 heads of ViT-L"],
		["seed", -1, "a whole number from 0 to 4294967295"],
		["seed", 2 ** 32, "a whole number from 0 to 4294967295"],
	])("%s %o is refused", async (what, value, expected) => {
		const error = await failureOf(() => trainingSettings({ [what]: value }, L));
		expect(error).toMatchObject({ code: "argument", what, expected });
	});
});
