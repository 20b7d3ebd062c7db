import { ArgumentError, namesOf, shown, type TextEncoder } from "@drum/tensor";

/** Settings of a training run. A run that continues keeps all of them. */
export interface TrainingSettings {
	/** Steps of AdamW. Default 23,000, as in the paper (section 5.1). */
	steps: number;
	/** Captions of each step. Default 256. */
	batchSize: number;
	/** Captions of one pass, a divisor of the batch. A step sums its gradients over all passes. Default: at most 16. */
	microBatchSize: number;
	/** Learning rate after warm-up, from where it falls to 0 as half a cosine. Default 5e-4. */
	learningRate: number;
	/** Steps of linear warm-up. Default: a ninth of all steps, at most the authors' 2,500. */
	warmupSteps: number;
	/** Weight decay of matrices outside of norms. Default 0.2. */
	weightDecay: number;
	/** AdamW's β₁ and β₂. Default 0.9 and 0.95. */
	betas: readonly [number, number];
	/** AdamW's ε. Default 1e-8. */
	epsilon: number;
	/** Probability with which attention weights, and what each half of a block adds, are set to 0. Default 0.1. */
	dropout: number;
	/** Blocks of the adapter. Default 10. */
	layers: number;
	/** The encoder's width divided by the adapter's. Default 1 for CLIP, 4 for an encoder without a class row. */
	encodeRatio: number;
	/** Seed of the initial weights and of dropout, an integer from 0 to 2^32 − 1. Default 42. */
	seed: number;
}

export const SETTINGS = namesOf<TrainingSettings>({
	steps: true,
	batchSize: true,
	microBatchSize: true,
	learningRate: true,
	warmupSteps: true,
	weightDecay: true,
	betas: true,
	epsilon: true,
	dropout: true,
	layers: true,
	encodeRatio: true,
	seed: true,
});

const MICRO_BATCH = 16;
const PAPER = { steps: 23_000, batchSize: 256, warmupSteps: 2500, learningRate: 5e-4, layers: 10, encodeRatio: 4 };

/**
 * Fills in the defaults and checks all.
 * @throws ArgumentError naming the setting that is no such value, or that does not go with another or with the encoder.
 */
export function trainingSettings(
	given: Readonly<Partial<TrainingSettings>>,
	{ name, width, heads, hasClassRow }: Pick<TextEncoder, "name" | "width" | "heads" | "hasClassRow">,
): TrainingSettings {
	const { steps = PAPER.steps, batchSize = PAPER.batchSize } = given;
	const settings: TrainingSettings = {
		steps,
		batchSize,
		microBatchSize: given.microBatchSize ?? largestDivisor(batchSize, MICRO_BATCH),
		learningRate: given.learningRate ?? PAPER.learningRate,
		warmupSteps: given.warmupSteps ?? Math.min(PAPER.warmupSteps, Math.round(steps / 9)),
		weightDecay: given.weightDecay ?? 0.2,
		betas: given.betas ?? [0.9, 0.95],
		epsilon: given.epsilon ?? 1e-8,
		dropout: given.dropout ?? 0.1,
		layers: given.layers ?? PAPER.layers,
		encodeRatio: given.encodeRatio ?? (hasClassRow ? 1 : PAPER.encodeRatio),
		seed: given.seed ?? 42,
	};
	for (const [key, { expected, fits }] of Object.entries(RANGES)) {
		const value = settings[key as keyof typeof RANGES];
		if (!fits(value)) throw new ArgumentError({ what: key, expected, found: shown(value) });
	}
	const { betas, microBatchSize, encodeRatio, warmupSteps } = settings;
	if (!Array.isArray(betas) || betas.length !== 2 || !betas.every(belowOne))
		throw new ArgumentError({ what: "betas", expected: "two numbers from 0, below 1", found: shown(betas) });
	if (batchSize % microBatchSize !== 0) {
		const expected = `a divisor of batchSize ${batchSize}`;
		throw new ArgumentError({ what: "microBatchSize", expected, found: shown(microBatchSize) });
	}
	if (warmupSteps > steps)
		throw new ArgumentError({ what: "warmupSteps", expected: `at most steps ${steps}`, found: shown(warmupSteps) });
	if (width % encodeRatio !== 0 || heads % encodeRatio !== 0 || width % 4 !== 0) {
		const expected = `a divisor of the width ${width} and the ${heads} heads of ${name}`;
		throw new ArgumentError({ what: "encodeRatio", expected, found: shown(encodeRatio) });
	}
	return settings;
}

const belowOne = (value: unknown) => typeof value === "number" && value >= 0 && value < 1;
const whole = (low: number, high = Number.MAX_SAFE_INTEGER) => ({
	expected: high === Number.MAX_SAFE_INTEGER ? `a whole number from ${low}` : `a whole number from ${low} to ${high}`,
	fits: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= low && (value as number) <= high,
});
const positive = {
	expected: "a number above 0",
	fits: (value: unknown) => typeof value === "number" && value > 0 && Number.isFinite(value),
};

const RANGES = {
	steps: whole(1),
	batchSize: whole(1),
	microBatchSize: whole(1),
	learningRate: positive,
	warmupSteps: whole(0),
	weightDecay: {
		expected: "a number from 0",
		fits: (value: unknown) => typeof value === "number" && value >= 0 && Number.isFinite(value),
	},
	epsilon: positive,
	dropout: { expected: "a number from 0, below 1", fits: belowOne },
	layers: whole(1),
	encodeRatio: whole(1),
	seed: whole(0, 2 ** 32 - 1),
} as const;

function largestDivisor(of: number, limit: number): number {
	let divisor = Math.min(limit, of);
	while (divisor > 1 && of % divisor !== 0) divisor--;
	return divisor;
}
