import { type BytesPlace, type FileKind, loadPart } from "@drum/tensor";
import type { Repository } from "./repository.ts";

/** Loaded only when something is not a checkpoint. If the code cannot be loaded, the error goes without this hint. */
const kinds = () => loadPart(() => import("./source-kind.ts")).catch(() => undefined);

/**
 * Says what a folder or a repository without a `model_index.json` contains: an adapter, one part of a checkpoint, a checkpoint in one
 * file, a model for another library. Reads no more of weights than their header.
 * @returns undefined if the content is not recognised
 * @throws what `Repository.list`, `file` and `head` throw
 */
export async function sourceKind(repository: Repository): Promise<FileKind | undefined> {
	return (await kinds())?.sourceKind(repository);
}

/** Says what a single file is that was given instead of a folder; undefined if it is not recognised or cannot be opened. */
export async function kindOfFile(place: BytesPlace): Promise<FileKind | undefined> {
	return (await kinds())?.kindOfFile(place);
}
