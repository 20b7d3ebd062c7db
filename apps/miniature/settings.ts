/** What decides every number of a run. */
export interface Settings {
	readonly users: number;
	readonly seed: number;
	/** Of DDIM. */
	readonly steps: number;
	readonly guidanceScale: number;
	/** Figure 3's sampling ratios. */
	readonly ratios: readonly number[];
	/** Degrees of personalization. */
	readonly alphas: readonly number[];
	/** Of the models. */
	readonly weights: string;
}

type Extent = Omit<Settings, "weights" | "seed">;

const tenths = (...numbers: number[]) => numbers.map((number) => number / 10);

export const WHOLE: Extent = {
	users: 50,
	steps: 20,
	guidanceScale: 4,
	ratios: [0.05, 0.1, 0.2, 0.5, 1],
	alphas: tenths(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
};

/** Everything once, in under a minute: to see that it runs, not to measure. */
export const QUICK: Extent = { ...WHOLE, users: 5, steps: 10, ratios: [0.1, 1], alphas: tenths(0, 3, 10) };
