import type { Repository } from "@drum/hub";
import { HEAD, parseJsonFile, refuseOtherKind } from "@drum/tensor";
import { readWholeFile } from "@drum/tensor/node";

/**
 * @throws FileError for a file that cannot be read, or is larger than 64 MB; CheckpointError for one of another kind, such as a git-lfs pointer; what
 * `Repository.file` throws.
 */
export async function readBytes(repository: Repository, path: string): Promise<Uint8Array> {
	const bytes = await readWholeFile(await repository.file(path));
	refuseOtherKind(`${repository.name}/${path}`, "the file itself", bytes.subarray(0, HEAD), bytes.length);
	return bytes;
}

export async function readText(repository: Repository, path: string): Promise<string> {
	return new TextDecoder().decode(await readBytes(repository, path));
}

/** @throws CheckpointError for a file that is no JSON. */
export async function readJson(repository: Repository, path: string): Promise<unknown> {
	return parseJsonFile(await readBytes(repository, path), `${repository.name}/${path}`);
}

/** What `read` gives, or undefined where there is no such file. */
export async function ifThere<T>(
	read: (repository: Repository, path: string) => Promise<T>,
	repository: Repository,
	path: string,
): Promise<T | undefined> {
	return (await repository.has(path)) ? read(repository, path) : undefined;
}
