import { HISTORY_FORMATS, type HistoryFormat, type HistoryItem, parseHistory } from "@drum/peca";
import { ArgumentError, FileError } from "@drum/tensor";
import { LARGEST_TEXT, readWholeFile } from "@drum/tensor/node";
import { captionRows } from "./caption-rows.ts";
import type { HistoryOptions } from "./options/history.ts";
import type { Progress } from "./progress.ts";
import type { Surroundings } from "./surroundings.ts";

const EXTENSIONS: Readonly<Record<string, HistoryFormat>> = {
	...{ jsonl: "jsonl", ndjson: "jsonl", json: "jsonl" },
	...{ csv: "csv", tsv: "tsv", tab: "tsv" },
};

/**
 * Reads a history from a file, or from stdin for `-`, and gives its pictures prompts.
 * @throws ArgumentError where its format is not known; FileError where it cannot be read, or a row of it is malformed: it
 * names the file, the line, what was expected and what is there; what `captionRows` throws.
 */
export async function readHistory(
	path: string,
	{ format, captioner }: Pick<HistoryOptions, "format" | "captioner">,
	around: Pick<Surroundings, "stdin" | "env" | "signal">,
	progress: Progress,
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
	const rows = await parseHistory(
		path === "-" ? await readAll(around.stdin) : await readWholeFile(path, { what: `history ${path}` }),
		known,
		path === "-" ? "stdin" : path,
		{ images: true, onWarning: progress.warning },
	);
	return captionRows(rows, path, captioner, around, progress);
}

async function readAll(stream: Surroundings["stdin"]): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of stream) {
		chunks.push(Buffer.from(chunk as Uint8Array));
		length += chunks.at(-1)!.length;
		if (length > LARGEST_TEXT) {
			throw new FileError({ what: "history from stdin", expected: `at most ${LARGEST_TEXT} bytes`, found: "more" });
		}
	}
	return Buffer.concat(chunks);
}
