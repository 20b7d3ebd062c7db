import { checkNames, FileError, shown, type Warning } from "@drum/tensor";
import { type HistoryItem, INTENSITY_NAMES } from "../history.ts";
import { TIME_NAMES } from "../time.ts";
import { parseCsv, parseTsv } from "./csv.ts";
import { gunzip } from "./gunzip.ts";
import { parseJsonl } from "./jsonl.ts";
import type { HistoryRow } from "./row.ts";

const PARSERS = { jsonl: parseJsonl, csv: parseCsv, tsv: parseTsv } as const;

/**
 * `jsonl`: one line for each `{ prompt, intensity?, at? }`, or one JSON list of them. `csv`: a header with `prompt`; cells separated by
 * commas, semicolons or tabs. `tsv`: the same with tabs only.
 */
export type HistoryFormat = keyof typeof PARSERS;
/** All values of `HistoryFormat`. */
export const HISTORY_FORMATS = Object.keys(PARSERS) as readonly HistoryFormat[];

/** Limits and events of `parseHistory`. */
export interface ParseHistoryOptions {
	/** The most rows that the history may have; more are an error, and are not read. Default: no limit. */
	most?: number | undefined;
	/** The most bytes of text that a gzip file may contain. Default 2^28 (256 MiB). */
	mostBytes?: number | undefined;
	/** Called for each row with its place: `line 3`, or `row 3` in a JSON list. If it throws, the call ends with that error. */
	onRow?: ((item: HistoryItem, where: string) => void) | undefined;
	/** Called with `no-intensities` if no column or field has a name of intensities, but others were ignored, which may be misnamed intensities. */
	onWarning?: ((warning: Warning) => void) | undefined;
}

/** Options for a history whose rows may be pictures. */
export interface ParsePicturesOptions extends Omit<ParseHistoryOptions, "onRow"> {
	/** Rows of JSON may have an `image`, a picture's path as text, with a prompt or instead of one. */
	images: true;
	onRow?: ((item: HistoryRow, where: string) => void) | undefined;
}

/**
 * Reads a history from a file's bytes: UTF-8, UTF-16 as some spreadsheets write it, or gzip of either. The intensity may be named
 * `intensity`, `rating` or `weight`, and the time `at` or `timestamp`. Both are optional, but a row may have only one name of each. Other
 * fields are ignored.
 * @param name the file's name, for messages
 * @throws FileError if the bytes are not such text, a row is malformed (the message names the line, what was expected and what was found),
 * or there are more than `most` rows
 * @throws ArgumentError for an unknown option; what `onRow` throws
 */
export function parseHistory(
	bytes: Uint8Array,
	format: HistoryFormat,
	name: string,
	options?: ParseHistoryOptions,
): Promise<HistoryItem[]>;
export function parseHistory(
	bytes: Uint8Array,
	format: HistoryFormat,
	name: string,
	options: ParsePicturesOptions,
): Promise<HistoryRow[]>;
export async function parseHistory(
	bytes: Uint8Array,
	format: HistoryFormat,
	name: string,
	options: ParseHistoryOptions | ParsePicturesOptions = {},
): Promise<HistoryRow[]> {
	checkNames("parseHistory", options, ["most", "mostBytes", "images", "onRow", "onWarning"]);
	const { most = Number.MAX_SAFE_INTEGER, mostBytes = 2 ** 28, onWarning } = options;
	const images = "images" in options && options.images;
	const onRow = (options.onRow ?? (() => {})) as NonNullable<ParsePicturesOptions["onRow"]>;
	const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
	const text = decode(isPacked ? await gunzip(bytes, `history ${name}`, mostBytes) : bytes, name);
	const names = new Set<string>();
	const onName = (name: string) => void (names.size < MOST_NAMES && names.add(name));
	const items = PARSERS[format]({ text, file: name, most, images, onRow, onName });
	const warning = items.length > 0 ? withoutIntensities(name, names) : undefined;
	if (warning) onWarning?.(warning);
	return items;
}

/** Limit of remembered field names, because each row of JSON may have different ones. */
const MOST_NAMES = 100;
/** Fields that are never intensities: a row's subject, and what captioned it. */
const OWN_NAMES = ["prompt", "image", "captionFrom"];

function withoutIntensities(file: string, names: ReadonlySet<string>): Warning | undefined {
	const told: readonly string[] = ["", ...OWN_NAMES, ...TIME_NAMES];
	const others = [...names].filter((name) => !told.includes(name));
	if (others.length === 0 || others.some((name) => (INTENSITY_NAMES as readonly string[]).includes(name)))
		return undefined;
	const known = INTENSITY_NAMES.map((name) => `"${name}"`).join(" or ");
	return {
		code: "no-intensities",
		what: file,
		message: `${file}: all prompts count equally, because no column or field is named ${known}; ignored: ${shown(others)}`,
	};
}

/** Decodes text, and removes the byte order mark that spreadsheets write. */
function decode(bytes: Uint8Array, name: string): string {
	const encoding = encodingOf(bytes);
	try {
		return new TextDecoder(encoding, { fatal: true }).decode(bytes);
	} catch (cause) {
		const found = encoding === "utf-8" ? "other bytes" : `damaged ${encoding.slice(0, 6).toUpperCase()}`;
		const next = "Save it as UTF-8, which spreadsheets call “CSV UTF-8”";
		throw new FileError({ what: `history ${name}`, expected: "text in UTF-8", found, next, cause });
	}
}

/** Recognises UTF-16 by its byte order mark, or by the zero byte in the first letter of a header or of JSON. */
function encodingOf([first, second]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
	if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
	if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
	return "utf-8";
}
