import { ArgumentError, checkNames, RandomState, shown } from "@drum/tensor";
import { hasRate, improvement, meanScores, type Scores } from "./scores.ts";

/** A mean over users, and between which bounds it would lie with other users of their kind. */
export interface Estimate {
	readonly value: number;
	readonly low: number;
	readonly high: number;
}

export interface BootstrapOptions {
	/** Seed of the draws, as NumPy's `RandomState`. Default 42. */
	seed?: number | undefined;
	/** Sets of users that are drawn. Default 2000. */
	resamples?: number | undefined;
	/** How many of the draws' means the bounds hold, in (0, 1). Default 0.95. */
	confidence?: number | undefined;
}

const OPTIONS = ["seed", "resamples", "confidence"];

export interface Summary {
	readonly target: Estimate;
	readonly history: Estimate;
}

export interface Comparison {
	readonly original: Summary;
	readonly personalized: Summary;
	/**
	 * The paper's Imp, of the means; 0.05 is +5 %. Undefined where the original means are not clearly positive: below 1 of 100, for all
	 * users or in one of the draws.
	 */
	readonly improvement: Estimate | undefined;
}

/**
 * Means over users, with percentile bootstrap intervals: as many users are drawn with replacement, again and again.
 * @throws ArgumentError for no users, scores that are not finite, and options out of range.
 */
export function summarize(users: readonly Scores[], options: BootstrapOptions = {}): Summary {
	checkNames("summarize", options, OPTIONS);
	const draws = drawUsers(users.length, options);
	checkScores(users, "users");
	return summary(users, draws, options);
}

/**
 * Compares a model's scores with those of the original model, user by user: each draw takes the same users of both.
 * @throws ArgumentError as `summarize`, and for lists of different lengths.
 */
export function compare(
	original: readonly Scores[],
	personalized: readonly Scores[],
	options: BootstrapOptions = {},
): Comparison {
	checkNames("compare", options, OPTIONS);
	if (original.length !== personalized.length) {
		throw new ArgumentError({
			what: "personalized scores",
			expected: `those of the ${original.length} users of the original`,
			found: String(personalized.length),
		});
	}
	const draws = drawUsers(original.length, options);
	checkScores(original, "original");
	checkScores(personalized, "personalized");
	return {
		original: summary(original, draws, options),
		personalized: summary(personalized, draws, options),
		improvement: improvementOf(original, personalized, draws, options),
	};
}

function improvementOf(
	original: readonly Scores[],
	personalized: readonly Scores[],
	draws: readonly Float64Array[],
	options: BootstrapOptions,
): Estimate | undefined {
	const originals = [meanOf(original), ...draws.map((drawn) => meanOf(original, drawn))];
	if (!originals.every(hasRate)) return undefined;
	const [all, ...rates] = originals.map((mean, i) => improvement(mean, meanOf(personalized, draws[i - 1])));
	return estimate(all!, rates, options);
}

/** The users of each draw, by index. */
function drawUsers(
	users: number,
	{ seed = 42, resamples = 2000, confidence = 0.95 }: BootstrapOptions,
): Float64Array[] {
	if (users === 0) throw new ArgumentError({ what: "users", expected: "at least one", found: "none" });
	if (!Number.isInteger(resamples) || resamples < 1 || resamples > 1_000_000)
		throw new ArgumentError({ what: "resamples", expected: "an integer from 1 to 1000000", found: shown(resamples) });
	if (!(confidence > 0 && confidence < 1))
		throw new ArgumentError({ what: "confidence", expected: "a number between 0 and 1", found: shown(confidence) });
	const random = new RandomState(seed);
	return Array.from({ length: resamples }, () => random.randint(0, users, users));
}

function checkScores(users: readonly Scores[], what: string): void {
	for (const [i, { target, history }] of users.entries()) {
		if (Number.isFinite(target) && Number.isFinite(history)) continue;
		const found = `target ${target}, history ${history}`;
		throw new ArgumentError({ what: `user ${i} of ${what}`, expected: "finite scores", found });
	}
}

function summary(users: readonly Scores[], draws: readonly Float64Array[], options: BootstrapOptions): Summary {
	const whole = meanScores(users);
	const means = draws.map((drawn) => meanOf(users, drawn));
	const of = (key: keyof Scores) =>
		estimate(
			whole[key],
			means.map((each) => each[key]),
			options,
		);
	return { target: of("target"), history: of("history") };
}

function meanOf(users: readonly Scores[], drawn?: Float64Array): Scores {
	return meanScores(drawn ? Array.from(drawn, (i) => users[i]!) : users);
}

function estimate(value: number, draws: readonly number[], { confidence = 0.95 }: BootstrapOptions): Estimate {
	const sorted = [...draws].sort((a, b) => a - b);
	return { value, low: quantile(sorted, (1 - confidence) / 2), high: quantile(sorted, (1 + confidence) / 2) };
}

/** Between neighbours in a straight line, as `numpy.quantile` does it. */
function quantile(sorted: readonly number[], share: number): number {
	const at = share * (sorted.length - 1);
	const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
	return low + (high - low) * (at - Math.floor(at));
}
