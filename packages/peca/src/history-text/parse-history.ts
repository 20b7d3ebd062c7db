import { FileError } from "@drum/tensor";
import type { HistoryItem } from "../history.ts";
import { parseCsv } from "./csv.ts";
import { parseJsonl } from "./jsonl.ts";

const PARSERS = { jsonl: parseJsonl, csv: parseCsv } as const;

/** `jsonl`: a line for each `{ prompt, intensity? }`. `csv`: a header with `prompt`, then commas, semicolons or tabs. */
export type HistoryFormat = keyof typeof PARSERS;
export const HISTORY_FORMATS = Object.keys(PARSERS) as readonly HistoryFormat[];

export interface ParseHistoryOptions {
	/** Most rows that it may have, those without a prompt included; what is beyond is not read. Default any number. */
	most?: number | undefined;
}

/**
 * Reads a history from a file's bytes, which are UTF-8, with or without a byte order mark. Intensities may be called
 * `intensity`, `rating` or `weight`; a row without one has none.
 * @param name what the bytes are called in errors: a file's name
 * @throws FileError where they are not UTF-8, or a row is malformed: it names the line, what was expected and what is there; or where
 * there are more than `most`.
 */
export function parseHistory(
	bytes: Uint8Array,
	format: HistoryFormat,
	name: string,
	{ most = Number.MAX_SAFE_INTEGER }: ParseHistoryOptions = {},
): HistoryItem[] {
	return PARSERS[format](decode(bytes, name), name, most);
}

/** Without the byte order mark that spreadsheets put first. */
function decode(bytes: Uint8Array, name: string): string {
	try {
		return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch (cause) {
		const found = bytes[0] === 0xff && bytes[1] === 0xfe ? "UTF-16" : "other bytes";
		throw new FileError({ what: `history ${name}`, expected: "text in UTF-8", found, next: "Save it as UTF-8", cause });
	}
}
