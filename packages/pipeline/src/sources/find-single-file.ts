import { type FoundFile, findFile, type RepositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import { loadPart } from "@drum/tensor";
import type { OpenedFile } from "./single-file.ts";

/**
 * Looks at a file that holds a model or parts of one, on this machine or on the hub; undefined where `source` is no file.
 * @param encoder as `openFoundFile` has it
 * @throws what `openFoundFile` and `findFile` throw
 */
export async function findSingleFile(
	source: WeightsSource,
	options: RepositoryOptions,
	encoder?: string,
): Promise<OpenedFile | undefined> {
	const found = await findFile(source, options);
	return found && openFound(source, found, encoder);
}

/** Looks at a file that was found. @throws what `openFoundFile` throws */
export async function openFound(source: WeightsSource, found: FoundFile, encoder?: string): Promise<OpenedFile> {
	const { openFoundFile } = await loadPart(() => import("./single-files.ts"));
	// As the user gave it; of an address on the hub the path behind the repository's id.
	const name = found.isLocal ? sourceName(source) : `${found.repository.name}/${found.path}`;
	return openFoundFile(name, found, encoder);
}
