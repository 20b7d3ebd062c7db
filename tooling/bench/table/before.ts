import type { Part } from "../run/part.ts";

/** The section of a part in RESULTS.md as it was; undefined where it had none. */
export function sectionBefore(before: string, { title }: Part): string | undefined {
	const from = before.indexOf(`\n## ${title}\n`) + 1;
	if (from === 0) return undefined;
	const end = before.indexOf("\n## ", from);
	return before.slice(from, end === -1 ? undefined : end);
}

/** Rows of goals as they were, by what stands before what was found. */
export function goalsBefore(before: string, rows: readonly string[][]): string[][] {
	return rows.map((row) => {
		const begins = `| ${row.slice(0, 4).join(" | ")} |`;
		const line = before.split("\n").find((each) => each.startsWith(begins));
		return line === undefined ? row : line.slice(2, -2).split(" | ");
	});
}

/** The line that names the versions of Node.js and the libraries. */
export function versionsBefore(before: string): string {
	return before.split("\n\n## Goals\n")[0]!.split("\n").at(-1)!;
}
