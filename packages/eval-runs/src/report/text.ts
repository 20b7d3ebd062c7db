import type { Estimate } from "@drum/eval";

// How numbers are written in reports.

/** `25.13 [24.80, 25.45]` */
export function interval({ value, low, high }: Estimate, scale = 1): string {
	const digits = scale === 1 ? 2 : 0;
	const text = (number: number) => (scale * number).toFixed(digits);
	return `${text(value)} [${text(low)}, ${text(high)}]`;
}

/** Stands in for a number that there is not. */
export const NONE = "–";

/** A rate as `+34.83 % [+30.10, +39.02]`, or `–` for none. */
export function percent(rate: Estimate | undefined): string {
	if (!rate) return NONE;
	const { value, low, high } = rate;
	return `${signed(100 * value)} % [${signed(100 * low)}, ${signed(100 * high)}]`;
}

/** With its sign, a true minus among them. */
export function signed(value: number): string {
	return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** `41 seconds`, `3.8 minutes`, `5.2 hours`. */
export function duration(seconds: number): string {
	if (seconds < 100) return `${Math.round(seconds)} seconds`;
	if (seconds < 6000) return `${(seconds / 60).toFixed(1)} minutes`;
	return `${(seconds / 3600).toFixed(1)} hours`;
}

/** A table in Markdown; what would end a cell is escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
