import type { SentFile } from "../service/service.ts";

/** A history's file, ready to be sent to the service, which reads it. */
export interface HistoryFile extends SentFile {
	name: string;
}

/** A file that cannot be a history, told before it is sent. */
export class HistoryFileError extends Error {}

/** The service takes no larger body. */
export const MOST_BYTES = 16 * 2 ** 20;

const BY_EXTENSION: Readonly<Record<string, HistoryFile["type"]>> = {
	csv: "text/csv",
	tsv: "text/tab-separated-values",
	tab: "text/tab-separated-values",
	jsonl: "application/x-ndjson",
	ndjson: "application/x-ndjson",
	json: "application/x-ndjson",
};

/**
 * Finds out which kind of history a file is: by its name, else by how it begins.
 * @throws HistoryFileError, in words for a person, for a file that is empty, too large, or no text.
 */
export async function openHistoryFile(file: File): Promise<HistoryFile> {
	const { name } = file;
	if (file.size === 0) throw new HistoryFileError(`“${name}” is empty.`);
	if (file.size > MOST_BYTES) {
		const found = (file.size / 2 ** 20).toFixed(1);
		throw new HistoryFileError(`“${name}” has ${found} MiB; a history may have ${MOST_BYTES / 2 ** 20}.`);
	}
	const [, extension = "", packed] = /\.([^.]+?)(\.gz)?$/i.exec(name.toLowerCase()) ?? [];
	const known = BY_EXTENSION[extension];
	// The service unpacks and decodes it, and tells what is wrong with it.
	if (packed && known) return { name, type: known, body: file };
	const begin = await beginOf(file);
	return { name, type: known ?? typeOf(begin, name), body: file };
}

/** The name that a history gets from its file: without extension, with spaces. */
export function historyName(fileName: string): string {
	const name = fileName
		.replace(/\.gz$/i, "")
		.replace(/\.[^.]*$/, "")
		.replace(/[-_]+/g, " ");
	return name.trim().slice(0, 100) || "My history";
}

async function beginOf(file: File): Promise<string> {
	const bytes = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
	const text = new TextDecoder(encodingOf(bytes)).decode(bytes).trimStart();
	if (!text.includes("\0")) return text;
	const workbook = /\.(xls|xlsx|ods|numbers)$/i.test(file.name);
	throw new HistoryFileError(
		`“${file.name}” is ${workbook ? "a workbook" : "not text"}; save it as CSV, TSV or JSONL, and choose that.`,
	);
}

/** UTF-16, as spreadsheets save Unicode text, by its byte order mark. */
function encodingOf([first, second]: Uint8Array): string {
	if (first === 0xff && second === 0xfe) return "utf-16le";
	return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function typeOf(begin: string, name: string): HistoryFile["type"] {
	if (/^[[{]/.test(begin)) return "application/x-ndjson";
	const header = begin.split(/[\r\n]/, 1)[0]?.toLowerCase() ?? "";
	if (/(^|[,;\t"])\s*prompt\s*($|[,;\t"])/.test(header))
		return header.includes("\t") ? "text/tab-separated-values" : "text/csv";
	throw new HistoryFileError(
		`“${name}” is not a history: expected CSV with a column “prompt”, or a line {"prompt": "…", "intensity": 1} for each.`,
	);
}
