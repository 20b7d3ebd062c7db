import { ArgumentError, type BytesPlace, shown } from "@drum/tensor";
import { FilesRepository } from "./files-repository.ts";
import { isInside } from "./paths.ts";
import type { Repository } from "./repository.ts";

/** Files by their paths in a checkpoint, as `unet/config.json`, wherever they lie. */
export type FilesByPath = Readonly<Record<string, BytesPlace>>;

/**
 * A checkpoint: a folder or a hub id; or its files, as a user has chosen a folder of them in a browser, or by their paths; or whatever
 * gives files as a `Repository` does.
 */
export type RepositorySource = string | Iterable<File> | FilesByPath | Repository;

/** A checkpoint, or one file of weights: its place, or a `File`. */
export type WeightsSource = RepositorySource | File;

/** The repository that is given as such or as files; undefined where `source` is none of these. */
/** Whether a value may be a source, whatever lies there. */
export function isSource(value: unknown): value is WeightsSource {
	if (typeof value === "string") return value !== "";
	return value instanceof File || givenRepository(value) !== undefined;
}

/** What a source is called in messages and in what a run tells of itself. */
export function sourceName(source: WeightsSource): string {
	if (typeof source === "string") return source;
	return source instanceof File ? source.name : (givenRepository(source)?.name ?? shown(source));
}

export function givenRepository(source: unknown): Repository | undefined {
	if (typeof source !== "object" || source === null || source instanceof Blob || source instanceof URL)
		return undefined;
	if (isRepository(source)) return source;
	if (Symbol.iterator in source) return new FilesRepository("the chosen files", chosen(source as Iterable<unknown>));
	const paths = Object.keys(source);
	if (paths.length === 0 || !paths.every(isInside)) return undefined;
	return new FilesRepository("the given files", new Map(Object.entries(source as FilesByPath)));
}

function isRepository(source: object): source is Repository {
	const { file, has, list } = source as Partial<Repository>;
	return [file, has, list].every((call) => typeof call === "function");
}

/** The folder that was chosen stands first in each path. */
function chosen(files: Iterable<unknown>): Map<string, File> {
	return new Map(
		Array.from(files, (file) => {
			if (!(file instanceof File))
				throw new ArgumentError({ what: "files of a checkpoint", expected: "File objects", found: shown(file) });
			const { webkitRelativePath } = file as { webkitRelativePath?: string };
			return [webkitRelativePath ? webkitRelativePath.replace(/^[^/]*\//, "") : file.name, file] as const;
		}),
	);
}
