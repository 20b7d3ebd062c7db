import {
	ablations,
	degrees as degreesOf,
	type Personal,
	type Rewritten,
	samplings as samplingsOf,
} from "@drum/eval-runs";

/** What the taste would look like at best: the user asks for it. */
export const WISH: Rewritten = { kind: "rewritten", name: "wish" };

/** The paper's settings for prompt histories (5.2). */
export const DEGREE = { ratio: 0.1, alpha: 0.3 } as const;

/** Table 3's rows by the paper's names; the first is Table 2's too. */
export const ABLATIONS = ablations(DEGREE);

/** Figure 3's points: for each sampler one at each ratio. */
export function samplings(ratios: readonly number[]) {
	return samplingsOf(ratios, DEGREE.alpha);
}

/** Figure 7's: the paper's coreset at each degree. */
export function degrees(alphas: readonly number[]): Personal[] {
	return degreesOf(alphas, DEGREE.ratio);
}
