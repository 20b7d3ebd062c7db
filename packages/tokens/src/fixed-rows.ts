import type { Tensor } from "@drum/tensor";

/** How prompts of any length become rows of one. */
export interface RowOptions {
	/** Ids before and behind a prompt's own. */
	readonly start: readonly number[];
	readonly end: readonly number[];
	readonly pad: number;
	readonly paddingSide: "left" | "right";
	readonly truncationSide: "left" | "right";
}

/**
 * int64 `[lines, tokens]`: of each line as many ids as there is room for between start and end, and padding; and where in its row each
 * line's own ids begin.
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

/** A line's ids that there is room for, and those that there is none for. */
export function cut(ids: readonly number[], tokens: number, { start, end, truncationSide }: RowOptions) {
	const room = Math.min(ids.length, tokens - start.length - end.length);
	const over = ids.length - room;
	return truncationSide === "left"
		? { kept: ids.slice(over), over: ids.slice(0, over) }
		: { kept: ids.slice(0, room), over: ids.slice(room) };
}
