import { ArgumentError, type BytesPlace, shown } from "@drum/tensor";
import { FilesRepository } from "./files-repository.ts";
import { isInside } from "./paths.ts";
import type { Repository } from "./repository.ts";

/** Files by their paths in a checkpoint, such as `unet/config.json`. */
export type FilesByPath = Readonly<Record<string, BytesPlace>>;

/**
 * A checkpoint: a folder or a hub id; its files, as the `File`s of a folder that a user chose in a browser, or by their paths; or your own
 * `Repository`.
 */
export type RepositorySource = string | Iterable<File> | FilesByPath | Repository;

/** A checkpoint, or one file of weights: its path, its address, or a `File`. */
export type WeightsSource = RepositorySource | File;

/** Whether a value has the type of a source. Does not check that the source exists. */
export function isSource(value: unknown): value is WeightsSource {
	if (typeof value === "string") return value !== "";
	return value instanceof File || givenRepository(value) !== undefined;
}

/** The name of a source in messages and in a run's records. */
export function sourceName(source: WeightsSource): string {
	if (typeof source === "string") return source;
	return source instanceof File ? source.name : (givenRepository(source)?.name ?? shown(source));
}

/**
 * The repository that `source` is, or that its files make up; undefined if it is neither a `Repository` nor files.
 * @throws ArgumentError for a list that does not contain only `File`s
 */
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

/** Each path begins with the name of the chosen folder, which is left out. */
function chosen(files: Iterable<unknown>): Map<string, File> {
	return new Map(
		Array.from(files, (file) => {
			if (!(file instanceof File))
				throw new ArgumentError({ what: "files of a checkpoint", expected: "only File objects", found: shown(file) });
			const { webkitRelativePath } = file as { webkitRelativePath?: string };
			return [webkitRelativePath ? webkitRelativePath.replace(/^[^/]*\//, "") : file.name, file] as const;
		}),
	);
}
