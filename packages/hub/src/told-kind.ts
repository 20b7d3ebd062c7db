import { type BytesPlace, type FileKind, loadPart } from "@drum/tensor";
import type { Repository } from "./repository.ts";

/** Loaded where something is not what it should be; where that cannot be had, an error goes without the hint. */
const kinds = () => loadPart(() => import("./source-kind.ts")).catch(() => undefined);

/**
 * What a folder or a repository is that has no `model_index.json`: an adapter, one part of a checkpoint, a checkpoint in one file, a
 * model for another library. Undefined where that is not known. Of weights no more than a header is fetched.
 */
export async function sourceKind(repository: Repository): Promise<FileKind | undefined> {
	return (await kinds())?.sourceKind(repository);
}

/** What one file is, given in place of a folder. */
export async function kindOfFile(place: BytesPlace): Promise<FileKind | undefined> {
	return (await kinds())?.kindOfFile(place);
}
