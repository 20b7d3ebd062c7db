import { HEAD, parseJsonFile, readWhole, refuseOtherKind } from "@drum/tensor";
import type { Repository } from "./repository.ts";

/**
 * Reads a whole small file of a repository.
 * @throws what `Repository.file` throws; CheckpointError for a substitute of the file, such as a Git LFS pointer
 */
export async function readSmallFile(repository: Repository, path: string): Promise<Uint8Array> {
	const bytes = await readWhole(await repository.file(path));
	refuseOtherKind(`${repository.name}/${path}`, "the file itself", bytes.subarray(0, HEAD), bytes.length);
	return bytes;
}

/** As `readSmallFile`; undefined if there is no such file. */
export async function readIfThere(repository: Repository, path: string): Promise<Uint8Array | undefined> {
	return (await repository.has(path)) ? readSmallFile(repository, path) : undefined;
}

/** Reads a JSON file of a repository. @throws what `readSmallFile` throws; CheckpointError for a file that is not JSON */
export async function readJson(repository: Repository, path: string): Promise<unknown> {
	return parseJsonFile(await readSmallFile(repository, path), `${repository.name}/${path}`);
}

/** As `readJson`; undefined if there is no such file. */
export async function readJsonIfThere(repository: Repository, path: string): Promise<unknown> {
	return (await repository.has(path)) ? readJson(repository, path) : undefined;
}
