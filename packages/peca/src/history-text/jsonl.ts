import type { HistoryItem } from "../history.ts";
import { historyItem, INTENSITY_NAMES, malformed, show } from "./row.ts";

const EXPECTED = '{"prompt": "…", "intensity": 1}';

/** Parses lines of `{prompt, intensity?}`; empty lines are passed over, other fields too. */
export function parseJsonl(text: string, file: string): HistoryItem[] {
	return text.split(/\r\n|\r|\n/).flatMap((source, index) => {
		if (source.trim() === "") return [];
		const place = { file, line: index + 1 };
		let row: unknown;
		try {
			row = JSON.parse(source);
		} catch (cause) {
			const next =
				index === 0 && source.trim() === "[" ? "Put each row on a line of its own, without brackets" : undefined;
			throw malformed(place, EXPECTED, shorten(source), next, cause);
		}
		if (typeof row !== "object" || row === null || Array.isArray(row)) throw malformed(place, EXPECTED, show(row));
		const fields = row as Record<string, unknown>;
		const names = INTENSITY_NAMES.filter((name) => fields[name] !== undefined && fields[name] !== null);
		if (names.length > 1) throw malformed(place, `one of ${INTENSITY_NAMES.join(", ")}`, names.join(" and "));
		if (fields.prompt === undefined)
			throw malformed(place, 'a field "prompt"', `the fields ${Object.keys(fields).join(", ") || "of {}"}`);
		return [historyItem(fields.prompt, names[0] && fields[names[0]], place)];
	});
}

function shorten(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
