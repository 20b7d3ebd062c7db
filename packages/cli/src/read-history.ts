import { readFile } from "node:fs/promises";
import { HISTORY_FORMATS, type HistoryFormat, type HistoryItem, parseHistory } from "@drum/peca";
import { ArgumentError, FileError } from "@drum/tensor";
import type { Surroundings } from "./surroundings.ts";

const EXTENSIONS: Readonly<Record<string, HistoryFormat>> = {
	...{ jsonl: "jsonl", ndjson: "jsonl", json: "jsonl" },
	...{ csv: "csv", tsv: "tsv", tab: "tsv" },
};

/**
 * Reads a history from a file, or from stdin for `-`.
 * @throws ArgumentError where its format is not known; FileError where it cannot be read, or a row of it is malformed: it
 * names the file, the line, what was expected and what is there.
 */
export async function readHistory(
	path: string,
	format: HistoryFormat | undefined,
	{ stdin }: Pick<Surroundings, "stdin">,
): Promise<HistoryItem[]> {
	const extension = /\.([^./\\]+?)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? "";
	const known = format ?? EXTENSIONS[extension];
	if (!known) {
		throw new ArgumentError({
			what: `the format of history ${path === "-" ? "from stdin" : path}`,
			expected: "a name that ends in .jsonl, .csv or .tsv, or in one of these and .gz",
			next: `Say which it is: --format ${HISTORY_FORMATS.join(" or --format ")}`,
		});
	}
	return parseHistory(path === "-" ? await readAll(stdin) : await read(path), known, path === "-" ? "stdin" : path);
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
