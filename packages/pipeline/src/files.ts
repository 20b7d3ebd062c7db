import { readFile } from "node:fs/promises";
import type { Repository } from "@drum/hub";
import { CheckpointError, FileError } from "@drum/tensor";

/** @throws FileError for a file that cannot be read; what `Repository.file` throws. */
export async function readBytes(repository: Repository, path: string): Promise<Uint8Array> {
	const file = await repository.file(path);
	try {
		return await readFile(file);
	} catch (cause) {
		throw new FileError({ what: file, expected: "a file that can be read", found: (cause as Error).message, cause });
	}
}

export async function readText(repository: Repository, path: string): Promise<string> {
	return new TextDecoder().decode(await readBytes(repository, path));
}

/** @throws CheckpointError for a file that is no JSON. */
export async function readJson(repository: Repository, path: string): Promise<unknown> {
	const text = await readText(repository, path);
	try {
		return JSON.parse(text);
	} catch (cause) {
		const what = `${repository.name}/${path}`;
		throw new CheckpointError({ what, expected: "JSON", found: (cause as Error).message, cause });
	}
}

/** What `read` gives, or undefined where there is no such file. */
export async function ifThere<T>(
	read: (repository: Repository, path: string) => Promise<T>,
	repository: Repository,
	path: string,
): Promise<T | undefined> {
	return (await repository.has(path)) ? read(repository, path) : undefined;
}
