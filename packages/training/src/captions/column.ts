import { ArgumentError, shown } from "@drum/tensor";
import { malformed } from "./malformed.ts";

const DEFAULTS = ["caption", "text", "prompt"] as const;

/**
 * The column with the captions: `column`, or else "caption", "text" or "prompt", or else the only one. If no name is equal, upper and lower case do
 * not matter.
 * @param place for the error, which is a FileError
 */
export function captionColumn(names: readonly string[], column: string | number | undefined, place: string): number {
	const lower = names.map((name) => name.trim().toLowerCase());
	const wanted: readonly string[] = column === undefined ? DEFAULTS : [`${column}`];
	for (const name of wanted) {
		const same = names.indexOf(name);
		const found = same === -1 ? lower.indexOf(name.trim().toLowerCase()) : same;
		if (found !== -1) return found;
	}
	if (column === undefined && names.length === 1) return 0;
	const expected = `a column ${wanted.map((name) => `"${name}"`).join(", ")}`;
	const next =
		column === undefined
			? "Name the one with captions by column; in a file without a header, by its number"
			: undefined;
	throw malformed(place, expected, names.length > 0 ? shown(names) : "no columns", next);
}

/** @throws ArgumentError for a value that is neither a name nor the number of a column, from 0 */
export function checkColumn(column: unknown): void {
	if (column === undefined || (typeof column === "string" && column.trim() !== "")) return;
	if (Number.isInteger(column) && (column as number) >= 0) return;
	const expected = "a column's name, or its number from 0 in a file without a header";
	throw new ArgumentError({ what: "column of captions", expected, found: shown(column) });
}
