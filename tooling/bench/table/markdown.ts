/** A table for a page: its first row is the head. */
export function markdown(rows: readonly (readonly string[])[]): string {
	const [head = [], ...rest] = rows;
	return [head, head.map(() => "---"), ...rest].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three figures, or all before the point. */
export function figures(value: number): string {
	if (!Number.isFinite(value)) return "";
	return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function mebibytes(bytes: number): string {
	return (bytes / 2 ** 20).toFixed(0);
}

export function percent(share: number): string {
	return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
