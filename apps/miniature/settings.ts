import { checkSettings, type PlannedMethod, planOf, type RunSettings } from "@drum/eval-runs";
import { DEGREE, WISH } from "./methods.ts";

/** How much is measured. */
export interface Extent {
	readonly users: number;
	/** Of DDIM. */
	readonly steps: number;
	readonly guidanceScale: number;
	/** Figure 3's sampling ratios. */
	readonly ratios: readonly number[];
	/** Degrees of personalization. */
	readonly alphas: readonly number[];
}

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

/** What decides every number of a run. */
export interface Settings extends Extent {
	readonly seed: number;
}

/** The same as a run's: Tables 2 and 3, Figures 3 and 7, of pictures of 64 × 64. */
export function runSettings({ users, seed, steps, guidanceScale, ratios, alphas }: Settings): RunSettings {
	return checkSettings({
		...{ data: "made-up users", paper: null, users, chat: null, sheets: 0 },
		...{ models: ["@drum/tiny"], adapters: "@drum/tiny", clip: "@drum/tiny" },
		...{ tables: ["2a", "2b", "3"], figures: ["3", "7"], methods: ["plain", "drum"] },
		...{ ...DEGREE, weighted: true, ratios, alphas, seed },
		...{ steps, guidanceScale, height: 64, width: 64, scheduler: null },
	});
}

/** Beside what the paper measures. */
export const MORE: readonly PlannedMethod[] = [{ method: WISH, drawn: true }];

/** Everything that is measured of a user. */
export function planned(settings: Settings): PlannedMethod[] {
	return [...planOf(runSettings(settings)), ...MORE];
}
