import { type FoundFile, findFile, type RepositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import { loadPart } from "@drum/tensor";
import type { OpenedFile } from "./single-file.ts";

/**
 * Opens a file that contains a model or parts of one, on this machine or on the hub. Undefined if `source` is not a file.
 * @param encoder as for `openFoundFile`
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

/** Opens a file that was found. @throws what `openFoundFile` throws */
export async function openFound(source: WeightsSource, found: FoundFile, encoder?: string): Promise<OpenedFile> {
	const { openFoundFile } = await loadPart(() => import("./single-files.ts"));
	// The name as the user gave it. For an address on the hub: the repository's id and the path.
	const name = found.isLocal ? sourceName(source) : `${found.repository.name}/${found.path}`;
	return openFoundFile(name, found, encoder);
}
