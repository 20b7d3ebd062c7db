import { readFile } from "node:fs/promises";
import type { HistoryItem } from "@drum/peca";
import { ArgumentError, FileError } from "@drum/tensor";
import type { Surroundings } from "../surroundings.ts";
import { parseCsv } from "./csv.ts";
import { parseJsonl } from "./jsonl.ts";

const PARSERS = { jsonl: parseJsonl, csv: parseCsv } as const;
export type Format = keyof typeof PARSERS;
export const FORMATS = Object.keys(PARSERS) as readonly Format[];

const EXTENSIONS: Readonly<Record<string, Format>> = { jsonl: "jsonl", ndjson: "jsonl", csv: "csv", tsv: "csv" };

/**
 * Reads a history from a file, or from stdin for `-`.
 * @throws ArgumentError where its format is not known; FileError where it cannot be read, or a row of it is malformed: it
 * names the file, the line, what was expected and what is there.
 */
export async function readHistory(
	path: string,
	format: Format | undefined,
	{ stdin }: Pick<Surroundings, "stdin">,
): Promise<HistoryItem[]> {
	const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
	const known = format ?? EXTENSIONS[extension];
	if (!known) {
		throw new ArgumentError({
			what: `the format of history ${path === "-" ? "from stdin" : path}`,
			expected: "a name that ends in .jsonl or .csv",
			next: `Say which it is: --format ${FORMATS.join(" or --format ")}`,
		});
	}
	const name = path === "-" ? "stdin" : path;
	return PARSERS[known](decode(path === "-" ? await readAll(stdin) : await read(path), name), name);
}

async function read(path: string): Promise<Uint8Array> {
	try {
		return await readFile(path);
	} catch (cause) {
		const { code, message } = cause as NodeJS.ErrnoException;
		const found =
			{ ENOENT: "no such file", EISDIR: "a folder", EACCES: "no permission to read it" }[code ?? ""] ?? message;
		throw new FileError({ what: `history ${path}`, expected: "a file", found, cause });
	}
}

async function readAll(stream: Surroundings["stdin"]): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
	return Buffer.concat(chunks);
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
