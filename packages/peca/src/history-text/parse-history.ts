import { checkNames, FileError, shown, type Warning } from "@drum/tensor";
import { type HistoryItem, INTENSITY_NAMES } from "../history.ts";
import { TIME_NAMES } from "../time.ts";
import { parseCsv, parseTsv } from "./csv.ts";
import { gunzip } from "./gunzip.ts";
import { parseJsonl } from "./jsonl.ts";
import type { HistoryRow } from "./row.ts";

const PARSERS = { jsonl: parseJsonl, csv: parseCsv, tsv: parseTsv } as const;

/**
 * `jsonl`: a line for each `{ prompt, intensity?, at? }`, or one JSON list of them. `csv`: a header with `prompt`, then commas, semicolons or
 * tabs. `tsv`: the same with tabs alone.
 */
export type HistoryFormat = keyof typeof PARSERS;
export const HISTORY_FORMATS = Object.keys(PARSERS) as readonly HistoryFormat[];

export interface ParseHistoryOptions {
	/** Most rows that it may have, those without a prompt included; what is beyond is not read. Default any number. */
	most?: number | undefined;
	/** Most bytes of text that a file in gzip may hold. Default 256 MiB. */
	mostBytes?: number | undefined;
	/** Called for each row as it is read, with where it stands: `line 3`, or in a JSON list `row 3`. What it throws ends the call. */
	onRow?: ((item: HistoryItem, where: string) => void) | undefined;
	/** Told where no column or field has intensities, but others were passed over: they may be called otherwise than is known. */
	onWarning?: ((warning: Warning) => void) | undefined;
}

/** Of a history whose rows may be pictures. */
export interface ParsePicturesOptions extends Omit<ParseHistoryOptions, "onRow"> {
	/** Lines of JSON may have an `image`, a picture's path as text, beside their prompt or in its place. */
	images: true;
	onRow?: ((item: HistoryRow, where: string) => void) | undefined;
}

/**
 * Reads a history from a file's bytes, which are UTF-8, or UTF-16 as spreadsheets write it, or gzip of either. Intensities may be called
 * `intensity`, `rating` or `weight`, and times `at` or `timestamp`; a row without one has none, a row with two is refused, and other
 * fields are passed over.
 * @param name what the bytes are called in errors: a file's name
 * @throws FileError where they are other text, or a row is malformed: it names the line, what was expected and what is there; or where
 * there are more than `most`.
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

/** Each row of JSON may have fields of its own. */
const MOST_NAMES = 100;
/** What a row is about, and what wrote its prompt. */
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
		message: `${file}: all prompts count alike, since nothing is called ${known}; passed over: ${shown(others)}`,
	};
}

/** Without the byte order mark that spreadsheets put first. */
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

/** UTF-16 by its byte order mark, or by the zero that it has in the first letter of a header or of JSON. */
function encodingOf([first, second]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
	if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return "utf-16le";
	if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) return "utf-16be";
	return "utf-8";
}
