import { ArgumentError, float32, type Tensor } from "@drum/tensor";
import { clipSimilarities } from "./similarity.ts";

/** A user's two scores (paper 5.2), or their means over users. */
export interface Scores {
	/** CLIP similarity × 100 to the target prompts. */
	readonly target: number;
	/** The same to the prompts of the history, each times its intensity. */
	readonly history: number;
}

/** What a user is scored against: CLIP text features, all of one encoder. */
export interface UserFeatures {
	/** `[targets, width]` */
	readonly targets: Tensor<"float32">;
	/** `[history, width]` */
	readonly history: Tensor<"float32">;
	/** Of each history prompt. The paper's means on MovieLens are those of ratings divided by the largest. */
	readonly intensities: readonly number[];
}

/**
 * Scores embeddings, one for each target: of pictures they give the CLIP score, of personalised conditions Text align. Each
 * is compared with its own target, whose intensity is 1, and with the whole history; both are averaged.
 *
 * The published `clip_score` averages any prompts that it gets; the paper's tables keep targets and history apart, as here.
 * @param embeddings `[targets, width]`
 * @throws ArgumentError for shapes that do not belong together, and for a user without targets or without a history.
 */
export function scoresOf(embeddings: Tensor<"float32">, { targets, history, intensities }: UserFeatures): Scores {
	const [count = 0, width = 0] = targets.dims;
	if (count === 0 || embeddings.dims[0] !== count) {
		throw new ArgumentError({
			what: "embeddings",
			expected: `one for each target, of which there are ${count || "to be some"}`,
			found: String(embeddings.dims[0] ?? 0),
		});
	}
	if (!history.dims[0]) throw new ArgumentError({ what: "history", expected: "at least one prompt", found: "none" });
	const rowOf = ({ data }: Tensor<"float32">, i: number) =>
		float32(data.subarray(i * width, (i + 1) * width), [1, width]);
	const toHistory = clipSimilarities(embeddings, history, intensities).map(mean);
	const toTargets = toHistory.map((_, i) => clipSimilarities(rowOf(embeddings, i), rowOf(targets, i))[0]![0]!);
	return { target: mean(toTargets), history: mean(toHistory) };
}

/**
 * The smallest original score, of 100, over which a rate says something. Below it, a difference of one point doubles the score; below 0 a
 * rise would count as a fall.
 */
const LEAST_ORIGINAL = 1;

/** Whether there is a rate over both of these scores. */
export function hasRate({ target, history }: Scores): boolean {
	return target >= LEAST_ORIGINAL && history >= LEAST_ORIGINAL;
}

/**
 * The paper's Imp: the mean of the improvement rates of both scores over the original model's. 0.05 is +5 %.
 * @throws ArgumentError where an original score is below 1 of 100, over which there is no rate.
 */
export function improvement(original: Scores, personalized: Scores): number {
	if (!hasRate(original)) {
		const found = `target ${original.target}, history ${original.history}`;
		throw new ArgumentError({ what: "original scores", expected: `both at least ${LEAST_ORIGINAL}`, found });
	}
	const rates = [personalized.target / original.target - 1, personalized.history / original.history - 1];
	return mean(rates);
}

/** The mean of each score over users. */
export function meanScores(users: readonly Scores[]): Scores {
	return { target: mean(users.map(({ target }) => target)), history: mean(users.map(({ history }) => history)) };
}

function mean(values: readonly number[]): number {
	return values.reduce((sum, value) => sum + value, 0) / values.length;
}
