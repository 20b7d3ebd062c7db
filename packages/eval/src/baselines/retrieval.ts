import type { TextEncoder } from "@drum/tensor";
import { clipSimilarities } from "../similarity.ts";
import { featuresOf } from "../user-features.ts";
import { bm25, wordsOf } from "./bm25.ts";

/** Finds the prompts of a history that are nearest to each of `prompts`: `count` of them, nearest first, fewer from a shorter history. */
export type Retrieval = (
	history: readonly string[],
	prompts: readonly string[],
	options: { readonly count: number; readonly signal?: AbortSignal | undefined },
) => Promise<string[][]>;

/** By the cosine of CLIP's text features. The paper's baseline has ViT-L. */
export function clipRetrieval(encoder: TextEncoder): Retrieval {
	return async (history, prompts, { count, signal }) => {
		if (history.length === 0) return prompts.map(() => []);
		const targets = await featuresOf(encoder, prompts, { signal });
		const features = await featuresOf(encoder, history, { signal });
		const alike = clipSimilarities(targets, features);
		return alike.map((scores) => nearest(history, scores, count));
	};
}

/** By the words they share (BM25); no encoder needed. */
export const bm25Retrieval: Retrieval = async (history, prompts, { count }) => {
	const score = bm25(history.map(wordsOf));
	return prompts.map((prompt) => nearest(history, score(wordsOf(prompt)), count));
};

/** Of equally near ones, the older. */
function nearest(history: readonly string[], scores: readonly number[], count: number): string[] {
	const order = history.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
	return order.slice(0, count).map((i) => history[i]!);
}
