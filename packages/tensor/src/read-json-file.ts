import { parseJsonFile } from "./file-kind.ts";
import { readWholeFile } from "./read-file.ts";

/**
 * Reads a checkpoint's JSON file of at most 64 MB, within the bounds of `parseJson`.
 * @param name the file's, for messages about what it holds; default its path
 * @throws FileError where it cannot be read or is larger; CheckpointError where it is not JSON
 */
export async function readJsonFile(path: string, name = path): Promise<unknown> {
	return parseJsonFile(await readWholeFile(path), name);
}
