import type { FileHandle } from "node:fs/promises";
import { ArgumentError } from "@drum/tensor";
import { openFile } from "@drum/tensor/node";
import type { CaptionFile } from "./caption-files.ts";
import { csvRows } from "./csv.ts";
import { lineBlocks } from "./line-blocks.ts";
import { jsonlRows, textRows } from "./lines.ts";
import { parquetRows } from "./parquet.ts";

/**
 * The rows of one file, some thousand at a time, in order. A row without a caption is an empty string.
 * @throws FileError that names the file and the line, what was expected there and what was found
 */
export async function* readCaptions(
	file: CaptionFile,
	column: string | number | undefined,
	signal: AbortSignal | undefined,
): AsyncGenerator<string[]> {
	const handle = await openFile(file.path, `captions ${file.path}`);
	try {
		yield* rows(file, handle, column, signal);
	} finally {
		await handle.close();
	}
}

function rows(
	file: CaptionFile,
	handle: FileHandle,
	column: string | number | undefined,
	signal: AbortSignal | undefined,
): AsyncGenerator<string[]> {
	const { path, format } = file;
	const blocks = () => lineBlocks(file, handle, signal);
	if (format === "text") return textRows(blocks());
	if (format === "csv" || format === "tsv") return csvRows(blocks(), path, column, format === "tsv" ? "\t" : undefined);
	if (typeof column === "number") {
		const found = `${column}, where ${path} is ${format}`;
		throw new ArgumentError({ what: "column of captions", expected: "a name", found });
	}
	if (format === "jsonl") return jsonlRows(blocks(), path, column);
	return parquetRows(handle, path, column, signal);
}
