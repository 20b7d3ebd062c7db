import { readdir, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { ArgumentError, FileError, shown } from "@drum/tensor";
import { unreadable } from "./malformed.ts";

export type CaptionsFormat = "text" | "csv" | "tsv" | "jsonl" | "parquet";

/** Formats by a name's extension, which .gz may follow. */
const FORMATS: Readonly<Record<string, CaptionsFormat>> = {
	txt: "text",
	csv: "csv",
	tsv: "tsv",
	jsonl: "jsonl",
	ndjson: "jsonl",
	parquet: "parquet",
};
const NAMES = `a name that ends in ${Object.keys(FORMATS)
	.map((each) => `.${each}`)
	.join(", ")}, or one of these and .gz`;

/** A file of captions, with the format that its name shows. */
export interface CaptionFile {
	readonly path: string;
	readonly format: CaptionsFormat;
	readonly gzip: boolean;
}

/**
 * The files of the paths. A folder stands for all files in it, at any depth, with an extension of captions, except hidden ones, in the order of their
 * names. `format` is for files with other names, and chooses files of a folder.
 * @throws ArgumentError for a file of unknown format; FileError for a path without any file
 */
export async function captionFiles(
	paths: string | readonly string[],
	format: CaptionsFormat | undefined,
): Promise<CaptionFile[]> {
	const list: readonly unknown[] = typeof paths === "string" ? [paths] : paths;
	if (!Array.isArray(list) || list.length === 0 || !list.every((path) => typeof path === "string" && path !== "")) {
		const expected = "the path of a file or folder, or a list of at least one";
		throw new ArgumentError({ what: "captions", expected, found: shown(paths) });
	}
	if (format !== undefined && !Object.values(FORMATS).includes(format)) {
		const expected = [...new Set(Object.values(FORMATS))].join(", ");
		throw new ArgumentError({ what: "format of captions", expected, found: shown(format) });
	}
	const files: CaptionFile[] = [];
	for (const path of list as readonly string[]) {
		const kind = await stat(path).catch((cause) => {
			throw unreadable(path, cause);
		});
		files.push(...(kind.isDirectory() ? await folderFiles(path, format) : [named(path, format)]));
	}
	return files;
}

async function folderFiles(folder: string, format: CaptionsFormat | undefined): Promise<CaptionFile[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries
		.filter((entry) => !entry.isDirectory())
		.map((entry) => join(entry.parentPath, entry.name))
		.filter(
			(path) =>
				!path
					.slice(folder.length)
					.split(sep)
					.some((part) => part.startsWith(".")),
		)
		.flatMap((path) => {
			const file = byName(path);
			return file && (format === undefined || file.format === format) ? [file] : [];
		})
		.sort((a, b) => (a.path < b.path ? -1 : 1));
	if (files.length > 0) return files;
	const expected = format ? `files of ${format} captions` : `files with ${NAMES}`;
	throw new FileError({ what: `folder ${folder}`, expected, found: "none" });
}

function named(path: string, format: CaptionsFormat | undefined): CaptionFile {
	const file = format ? { path, format, gzip: /\.gz$/i.test(path) } : byName(path);
	if (!file) throw new ArgumentError({ what: `format of ${path}`, expected: NAMES, next: "Say which it is by format" });
	if (!file.gzip || file.format !== "parquet") return file;
	throw new ArgumentError({ what: path, expected: "Parquet as it is", found: "gzip around it", next: "Unpack it" });
}

function byName(path: string): CaptionFile | undefined {
	const [, extension = "", gzip] = /\.([^.\\/]+?)(\.gz)?$/i.exec(path) ?? [];
	const format = FORMATS[extension.toLowerCase()];
	return format && { path, format, gzip: gzip !== undefined };
}
