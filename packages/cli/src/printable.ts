import { printable as escaped, shown } from "@drum/tensor";

/** Text on one line, whole, with escapes for what is not printable: a file of a stranger must not steer the terminal. */
export function printable(text: string): string {
	return escaped(text, { most: Number.POSITIVE_INFINITY });
}

/** A document for another program, in lines of JSON that may also be shown. */
export function jsonText(document: unknown): string {
	const units = (letter: string) =>
		Array.from({ length: letter.length }, (_, i) => `\\u${letter.charCodeAt(i).toString(16).padStart(4, "0")}`).join(
			"",
		);
	return `${JSON.stringify(document, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, units)}\n`;
}

/** Rows of columns, each as wide as its widest entry. Entries may be a stranger's text. */
export function table(entries: readonly (readonly string[])[]): string {
	const rows = entries.map((row) => row.map(printable));
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
	const line = (row: readonly string[]) => row.map((value, column) => value.padEnd(widths[column]!)).join("  ");
	return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}

/** Rows of a table: what a picture tells, by name. */
export function parameterRows(parameters: Readonly<Record<string, unknown>>): string[][] {
	return Object.entries(parameters).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, typeof value === "string" ? value : shown(value)]],
	);
}
