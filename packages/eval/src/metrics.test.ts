import { readFileSync } from "node:fs";
import { ArgumentError, float32, RandomState, type Tensor } from "@drum/tensor";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipSimilarities, compare, improvement, meanScores, type Scores, scoresOf, summarize } from "./index.ts";

// Oracle: NumPy, by tooling/golden/metrics.py; and the paper's own tables.

interface Golden {
	similarities: number[][];
	scores: Scores;
	cases: (ReturnType<typeof compare> & { options: { seed: number; resamples: number; confidence: number } })[];
	evaluation: { users: { original: Scores[]; personalized: Scores[] }; comparison: ReturnType<typeof compare> };
}

const golden = JSON.parse(readFileSync(new URL("fixtures/metrics.json", import.meta.url), "utf8")) as unknown as Golden;

const WIDTH = 24;
const random = new RandomState(7);
const features = (rows: number): Tensor<"float32"> =>
	float32(
		Float32Array.from(random.randn(rows * WIDTH), (value) => value + 0.5),
		[rows, WIDTH],
	);
const [embeddings, targets, history] = [features(2), features(2), features(9)];
const intensities = Array.from(random.randint(0, 11, 9), (value) => value / 10);

const USERS = 37;
const pairs = (values: Float64Array, change: (value: number, i: number) => number): Scores[] => {
	const changed = Array.from(values, change);
	return Array.from({ length: USERS }, (_, i) => ({ target: changed[2 * i]!, history: changed[2 * i + 1]! }));
};
const original = pairs(random.randn(USERS * 2), (value, i) => 20 + 4 * value - (i % 2) * 9);
const personalized = pairs(random.randn(USERS * 2), (value, i) => {
	const { target, history } = original[Math.floor(i / 2)]!;
	return value + (i % 2 === 0 ? target + 2 : history + 4);
});

/** Equal in shape, and in numbers but for the last digits. */
function expectNear(found: unknown, expected: unknown): void {
	if (typeof expected === "number") expect(found).toBeCloseTo(expected, 9);
	else {
		expect(Object.keys(found as object)).toEqual(Object.keys(expected as object));
		for (const [key, value] of Object.entries(expected as object)) expectNear((found as never)[key], value);
	}
}

describe("CLIP similarity", () => {
	test("is a hundred cosines times the intensities", () => {
		expectNear(clipSimilarities(embeddings, history, intensities), golden.similarities);
	});

	test("is 100 of a thing to itself, whatever its length, and at most that of others", () => {
		const value = fc.float({ min: -100, max: 100, noNaN: true });
		const row = fc.array(value, { minLength: 4, maxLength: 4 }).filter((each) => Math.hypot(...each) > 1e-3);
		fc.assert(
			fc.property(row, row, fc.integer({ min: 1, max: 1000 }), (a, b, factor) => {
				const of = (values: number[]) => float32(Float32Array.from(values), [1, 4]);
				const longer = of(a.map((each) => each * factor));
				expect(clipSimilarities(of(a), longer)[0]![0]).toBeCloseTo(100, 3);
				const [there] = clipSimilarities(of(a), of(b))[0]!;
				expect(Math.abs(there!)).toBeLessThanOrEqual(100 + 1e-9);
				expect(clipSimilarities(of(b), of(a))[0]![0]).toBeCloseTo(there!, 9);
			}),
		);
	});

	test.each<[string, () => unknown, string]>([
		["rows of another width", () => clipSimilarities(embeddings, float32(new Float32Array(5), [1, 5])), "references"],
		["a row without a direction", () => clipSimilarities(float32(new Float32Array(24), [1, 24]), history), "row 0"],
		["no matrix", () => clipSimilarities(float32(new Float32Array(24), [24]), history), "embeddings"],
		["an intensity too few", () => clipSimilarities(embeddings, history, intensities.slice(1)), "intensities"],
		[
			"an intensity below 0",
			() =>
				clipSimilarities(
					embeddings,
					history,
					intensities.map(() => -1),
				),
			"intensities",
		],
	])("refuses %s", (_, call, what) => {
		expect(call).toThrow(ArgumentError);
		expect(call).toThrow(what);
	});
});

describe("scores of a user", () => {
	test("are means over their own targets and over the whole history", () => {
		expectNear(scoresOf(embeddings, { targets, history, intensities }), golden.scores);
	});

	test("are 100 to the target for the prompts' own features, as the paper's Text align of original models", () => {
		expect(scoresOf(targets, { targets, history, intensities }).target).toBeCloseTo(100, 9);
	});

	test("need a target for each embedding, and a history", () => {
		const none = float32(new Float32Array(0), [0, WIDTH]);
		expect(() => scoresOf(history, { targets, history, intensities })).toThrow(/one for each target.*found 9/);
		expect(() => scoresOf(none, { targets: none, history, intensities })).toThrow(ArgumentError);
		expect(() => scoresOf(targets, { targets, history: none, intensities: [] })).toThrow(/history.*found none/);
	});
});

describe("a whole evaluation", () => {
	/** Eight users with a taste, of whom the personalised embeddings have some; drawn as the script draws them. */
	function draw() {
		const random = new RandomState(11);
		const rows = (count: number) => Float32Array.from(random.randn(count * WIDTH), (value) => value + 0.5);
		return Array.from({ length: 8 }, () => {
			const length = random.randint(3, 12, 1)[0]!;
			const [targets, history] = [rows(2), rows(length)];
			const intensities = Array.from(random.randint(1, 11, length), (value) => value / 10);
			const noise = [rows(2), rows(2)] as const;
			const embeddings = [0, 0.5].map((share, i) =>
				float32(
					targets.map((value, j) => Math.fround(value + share * history[j % WIDTH]!) + noise[i]![j]!),
					[2, WIDTH],
				),
			);
			const user = { targets: float32(targets, [2, WIDTH]), history: float32(history, [length, WIDTH]), intensities };
			return embeddings.map((each) => scoresOf(each, user));
		});
	}

	test("has NumPy's numbers, from features and intensities to each user's scores, Imp and its interval", () => {
		const scores = draw();
		const [original, personalized] = [0, 1].map((i) => scores.map((user) => user[i]!)) as [Scores[], Scores[]];
		const near = (found: unknown, expected: unknown): void => {
			if (typeof expected === "number") expect(Math.abs((found as number) - expected)).toBeLessThan(1e-6);
			else for (const [key, value] of Object.entries(expected as object)) near((found as never)[key], value);
		};
		near({ original, personalized }, golden.evaluation.users);
		near(compare(original, personalized), golden.evaluation.comparison);
	});
});

describe("Imp", () => {
	// The paper's Tables 2 and 3: target and history of the original, of a method, and its Imp in percent.
	test.each([
		["FABRIC on SD 1, PIP", [20.52, 10.89], [24.33, 15.85], 32.04],
		["DrUM on SD 1, PIP", [20.52, 10.89], [25.13, 16.03], 34.83],
		["DrUM on SD 1, MovieLens", [31.27, 12.27], [29.49, 13.07], 0.38],
		["FABRIC on SD 2, MovieLens", [33.32, 11.3], [25.64, 10.27], -16.05],
		["DrUM on SDXL, MovieLens", [33.89, 8.92], [29.12, 10.93], 4.26],
		["DrUM on SD 3, PIP", [22.6, 12.75], [25.14, 15.87], 17.86],
		["DrUM behind ViT-L, Text align, PIP", [100, 52.6], [96.42, 61.24], 6.42],
		["DrUM behind ViT-bigG, Text align, MovieLens", [100, 32.9], [99.58, 34.91], 2.84],
		["without G, PIP", [20.52, 10.89], [19.04, 17.46], 26.55],
		["without S & G, PIP", [20.52, 10.89], [18.13, 18.85], 30.71],
	] as const)("is the paper's: %s", (_, before, after, imp) => {
		const scores = ([target, history]: readonly [number, number]) => ({ target, history });
		// The tables' scores are rounded to hundredths: 0.005 of 8.92 is 0.06 %.
		expect(Math.abs(100 * improvement(scores(before), scores(after)) - imp)).toBeLessThan(0.06);
	});

	test.each([
		{ target: 0, history: 20 },
		{ target: 20, history: -1 },
		{ target: -20, history: 20 },
		{ target: 20, history: 0.5 },
	])("has no rate over $target and $history", (original) => {
		expect(() => improvement(original, { target: 31, history: 25 })).toThrow(ArgumentError);
		expect(compare([original], [{ target: 31, history: 25 }]).improvement).toBeUndefined();
	});

	test("has none where the original mean is positive by the chance of who was measured", () => {
		const mixed = [-30, 40, -20, 35].map((history) => ({ target: 25, history }));
		expect(meanScores(mixed).history).toBeGreaterThan(1);
		const { improvement: rate, personalized: scores } = compare(mixed, mixed);
		expect(rate).toBeUndefined();
		expect(scores.history.value).toBe(6.25);
	});
});

describe("means over users", () => {
	test.each(golden.cases)("have NumPy's bootstrap intervals: %j", ({ options, ...expected }) => {
		expectNear(compare(original, personalized, options), expected);
		expectNear(summarize(original, options), expected.original);
	});

	test("take 2000 draws by seed 42 and 95 % for default", () => {
		expect(compare(original, personalized)).toEqual(compare(original, personalized, golden.cases[0]!.options));
	});

	test("of one user have no width", () => {
		const only = { target: 25, history: 16 };
		const point = (value: number) => ({ value, low: value, high: value });
		expect(summarize([only])).toEqual({ target: point(25), history: point(16) });
		expect(meanScores([only])).toEqual(only);
	});

	test.each<[string, () => unknown, string]>([
		["no users", () => summarize([]), "users"],
		["a score that is none", () => summarize([{ target: Number.NaN, history: 1 }]), "user 0"],
		["users of one side only", () => compare(original, personalized.slice(1)), "personalized scores"],
		["no draws", () => summarize(original, { resamples: 0 }), "resamples"],
		["certainty", () => summarize(original, { confidence: 1 }), "confidence"],
		["a seed that is none", () => summarize(original, { seed: -1 }), "seed"],
	])("refuse %s", (_, call, what) => {
		expect(call).toThrow(ArgumentError);
		expect(call).toThrow(what);
	});
});
