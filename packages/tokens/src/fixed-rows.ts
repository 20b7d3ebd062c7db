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

/** int64 `[lines, tokens]`: of each line as many ids as there is room for between start and end, and padding. */
export function fixedRows(lines: readonly (readonly number[])[], tokens: number, options: RowOptions): Tensor<"int64"> {
	const { start, end, pad, paddingSide } = options;
	const data = new BigInt64Array(lines.length * tokens).fill(BigInt(pad));
	for (const [row, ids] of lines.entries()) {
		const line = [...start, ...cut(ids, tokens, options).kept, ...end];
		const from = row * tokens + (paddingSide === "left" ? tokens - line.length : 0);
		data.set(BigInt64Array.from(line, BigInt), from);
	}
	return { type: "int64", dims: [lines.length, tokens], data };
}

/** A line's ids that there is room for, and those that there is none for. */
export function cut(ids: readonly number[], tokens: number, { start, end, truncationSide }: RowOptions) {
	const room = Math.min(ids.length, tokens - start.length - end.length);
	const over = ids.length - room;
	return truncationSide === "left"
		? { kept: ids.slice(over), over: ids.slice(0, over) }
		: { kept: ids.slice(0, room), over: ids.slice(room) };
}
