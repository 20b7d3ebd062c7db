import type { Tensor } from "@drum/tensor";

/** How ids of any number become rows of a fixed length. */
export interface RowOptions {
	/** The ids before a prompt's own. `end` has those after them. */
	readonly start: readonly number[];
	readonly end: readonly number[];
	readonly pad: number;
	readonly paddingSide: "left" | "right";
	readonly truncationSide: "left" | "right";
}

/**
 * Makes int64 ids `[lines, tokens]`: each row has the start, as many of the line's ids as fit, the end, and padding. `starts` has the position
 * of each line's own ids in its row.
 */
export function fixedRows(
	lines: readonly (readonly number[])[],
	tokens: number,
	options: RowOptions,
): { ids: Tensor<"int64">; starts: number[] } {
	const { start, end, pad, paddingSide } = options;
	const data = new BigInt64Array(lines.length * tokens).fill(BigInt(pad));
	const starts = lines.map((ids, row) => {
		const line = [...start, ...cut(ids, tokens, options).kept, ...end];
		const from = paddingSide === "left" ? tokens - line.length : 0;
		data.set(BigInt64Array.from(line, BigInt), row * tokens + from);
		return from + start.length;
	});
	return { ids: { type: "int64", dims: [lines.length, tokens], data }, starts };
}

/** Splits a line's ids into those that fit and those that do not. */
export function cut(ids: readonly number[], tokens: number, { start, end, truncationSide }: RowOptions) {
	const room = Math.min(ids.length, tokens - start.length - end.length);
	const over = ids.length - room;
	return truncationSide === "left"
		? { kept: ids.slice(over), over: ids.slice(0, over) }
		: { kept: ids.slice(0, room), over: ids.slice(room) };
}
