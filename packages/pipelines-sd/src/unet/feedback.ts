import type { DenoiserFeeds } from "@drum/diffusion";
import { ArgumentError, float32, shown, sizeOf, type Tensor } from "@drum/tensor";

/** Pictures that a prediction also attends to, for FABRIC (arXiv 2307.10159). */
export interface Feedback {
	/** Latents of liked pictures at the step's noise level, scaled as the sample is: `[n, channels, height, width]`. */
	liked?: Tensor<"float32"> | undefined;
	/** The same of disliked pictures. Pictures with the negative condition attend to them. */
	disliked?: Tensor<"float32"> | undefined;
	/** The condition of all feedback pictures: `[1, tokens, width]`. */
	encoderHiddenStates: Tensor<"float32">;
	/** Weights of their tokens relative to a picture's own, from 0, one pair for each depth: the blocks of one way, and the middle. */
	weights: readonly { liked: number; disliked: number }[];
}

/** Its exp is 0 in float32, and its products fit into float16. */
const NOTHING = -1e4;

/** One batch of all pictures, and the inputs that distinguish them. */
export function feedbackFeeds(feeds: DenoiserFeeds, feedback: Feedback, depths: number) {
	const { sample, encoderHiddenStates } = feeds;
	const { liked, disliked, weights } = feedback;
	const pictures = sample.dims[0]!;
	if (encoderHiddenStates.dims[0] !== 2 * pictures) {
		throw new ArgumentError({
			what: "encoderHiddenStates",
			expected: `a negative condition and the prompt's for each of ${pictures} pictures`,
			found: shown(encoderHiddenStates.dims[0]),
		});
	}
	const counts = [liked?.dims[0] ?? 0, disliked?.dims[0] ?? 0] as const;
	const seen = counts[0] + counts[1];
	if (seen === 0) throw new ArgumentError({ what: "feedback", expected: "a picture", found: "none" });
	checkWeights(weights, depths);
	const given = [liked, disliked].filter((latents) => latents !== undefined);
	const conditions = Array.from({ length: seen }, () => feedback.encoderHiddenStates);
	return {
		sample: rowsOf("feedback", [...given, sample, sample]),
		encoderHiddenStates: rowsOf("encoderHiddenStates", [...conditions, encoderHiddenStates]),
		groups: integers([seen, pictures, pictures]),
		kinds: integers(counts),
		logWeights: float32(
			Float32Array.from(
				weights.flatMap((at) => [at.liked, at.disliked]),
				(weight) => Math.max(Math.log(weight), NOTHING),
			),
			[depths, 2],
		),
	};
}

function checkWeights(weights: Feedback["weights"], depths: number): void {
	if (weights.length !== depths) {
		const expected = `${depths} pairs, one for each depth`;
		throw new ArgumentError({ what: "weights", expected, found: String(weights.length) });
	}
	const odd = weights.flatMap((at) => [at.liked, at.disliked]).find((weight) => !(weight >= 0 && weight < Infinity));
	if (odd !== undefined) throw new ArgumentError({ what: "weights", expected: "numbers from 0", found: shown(odd) });
}

/** Concatenates tensors whose rows have the same shape. */
function rowsOf(what: string, tensors: readonly Tensor<"float32">[]): Tensor<"float32"> {
	const [, ...row] = tensors.at(-1)!.dims;
	const odd = tensors.find(({ dims }) => dims.slice(1).join() !== row.join());
	if (odd)
		throw new ArgumentError({ what, expected: `rows of [${row.join(", ")}]`, found: `[${odd.dims.join(", ")}]` });
	const rows = tensors.reduce((sum, { dims }) => sum + dims[0]!, 0);
	const data = new Float32Array(rows * sizeOf(row));
	let at = 0;
	for (const tensor of tensors) {
		data.set(tensor.data, at);
		at += tensor.data.length;
	}
	return float32(data, [rows, ...row]);
}

function integers(values: readonly number[]): Tensor<"int64"> {
	return { type: "int64", dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}
