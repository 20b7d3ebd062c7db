import { add, cast, concat, mul, reduceMean, relu, reshape, sub, type Value } from "@drum/graph";
import type { Tensor } from "@drum/tensor";

/** What the first block added in the last call that was whole: an input of a network with this cache, `[1, patches, width]`. */
export const PREVIOUS = "previous";
/** What it adds in this one. */
export const RESIDUAL = "residual";
/** Means of absolute values, `[2]`: of the difference of the two, and of the former. */
export const CHANGE = "change";

export interface FirstBlockParts {
	/** What the blocks after the first add to the picture. */
	kept: Value;
	/** The picture after all blocks, made of what is kept. */
	last: Value;
	/** What decides whether they are left out. */
	others: { [RESIDUAL]: Value; [CHANGE]: Value };
}

/** @param images the picture before a transformer's first block, then after each, `[1, patches, width]` */
export function firstBlockParts(images: readonly Value[], previous: Value): FirstBlockParts {
	const [before, after] = images as [Value, Value];
	const residual = cast(sub(after, before), "float32");
	const kept = sub(images.at(-1)!, after);
	const mean = (x: Value) => reshape(reduceMean(absolute(x), [0, 1, 2]), [1]);
	return {
		kept,
		last: add(after, kept),
		others: { [RESIDUAL]: residual, [CHANGE]: concat([mean(sub(residual, previous)), mean(previous)], 0) },
	};
}

/** The change of all pictures of a condition, as a part of what was added before. */
export function changeOf(changes: readonly Tensor<"float32">[]): number {
	const sum = (at: number) => changes.reduce((total, { data }) => total + data[at]!, 0);
	return sum(0) / sum(1);
}

function absolute(x: Value): Value {
	return add(relu(x), relu(mul(x, -1)));
}
