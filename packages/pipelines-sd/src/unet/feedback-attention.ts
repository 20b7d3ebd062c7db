import {
	attention,
	cast,
	concat,
	known,
	product,
	repeat,
	reshape,
	slice,
	splitRows,
	type Value,
	widenHeads,
} from "@drum/graph";
import type { SelfAttention } from "./inputs.ts";

// von Rütte et al., "FABRIC: Personalizing Diffusion Models with Iterative Feedback" (arXiv 2307.10159), section 3: a picture also attends to the
// keys and values of other pictures, which go through the same network at the same noise level.

/** A batch: feedback pictures, then the drawn pictures with the negative condition, then the same with the prompt's condition. */
const GROUPS = ["feedback", "pictures", "pictures"] as const;
/** The name of the batch's size, as `concat` of the groups makes it. */
export const ROWS = GROUPS.join("+");

export interface FeedbackInputs {
	/** The rows of each group, int64 `[3]`. */
	groups: Value;
	/** How many of the feedback pictures are liked and disliked: int64 `[2]`. */
	kinds: Value;
	/** Logarithms of the weights of liked and disliked pictures' keys, relative to a picture's own, at each depth: `[depths, 2]`. */
	logWeights: Value;
}

/**
 * Pictures with the prompt's condition also attend to liked ones, those with the negative condition to disliked ones, and feedback only to itself.
 */
export function feedbackAttention({ groups, kinds, logWeights }: FeedbackInputs): SelfAttention {
	return (q, k, v, { heads, depth }) => {
		const pictures = slice(groups, 0, 1, 2);
		const [queries, keys, values] = [q, k, v].map((rows) => splitRows(rows, groups, GROUPS)) as [Rows, Rows, Rows];
		const [likedKeys, dislikedKeys] = splitRows(keys[0], kinds, ["liked", "disliked"]) as [Value, Value];
		const [likedValues, dislikedValues] = splitRows(values[0], kinds, ["liked", "disliked"]) as [Value, Value];
		const weightOf = (kind: number) => cast(slice(slice(logWeights, 0, depth, depth + 1), 1, kind, kind + 1), k.type);
		const scale = 1 / Math.sqrt(known(q, -1) / heads);
		/** Σ w·exp(s) = Σ exp(s + ln w): the logarithm is one more element of each key, so the fused kernel can compute it. */
		const attend = (group: 1 | 2, otherKeys: Value, otherValues: Value, logWeight: Value) => {
			const all = (own: Value, others: Value) => concat([own, shown(others, pictures)], 1);
			const ownKeys = widenHeads(keys[group], heads, 0);
			return attention(
				widenHeads(queries[group], heads, 1 / scale),
				all(ownKeys, widenHeads(otherKeys, heads, logWeight)),
				all(values[group], otherValues),
				{ heads, scale },
			);
		};
		const feedback = attention(queries[0], keys[0], values[0], { heads });
		const negative = attend(1, dislikedKeys, dislikedValues, weightOf(1));
		return concat([feedback, negative, attend(2, likedKeys, likedValues, weightOf(0))], 0);
	};
}

type Rows = [feedback: Value, negative: Value, positive: Value];

/** The tokens of all feedback pictures `[n, tokens, width]`, concatenated and repeated for each picture. */
function shown(x: Value, pictures: Value): Value {
	const [n, tokens, width] = x.dims;
	return repeat(reshape(x, [1, product([n!, tokens!]), width!]), pictures, "pictures");
}
