import { headerLength, parseHeader, type SafetensorsHeader } from "@drum/tensor";
import type { Repository } from "./repository.ts";

/** A safetensors file's header. */
export interface HeaderOf {
	/** The file's path in its repository. */
	readonly path: string;
	/** Size of the whole file in bytes. */
	readonly bytes: number;
	readonly header: SafetensorsHeader;
}

const PREFIX = 8;
/** First request, in bytes: enough for the whole header of most files. */
const FIRST = 2 ** 16;

/**
 * Reads a safetensors file's header: names, types and shapes of its tensors. Fetches no weights of a file on the hub.
 * @param name the file's name for messages; default the repository's name with the path behind it
 * @throws CheckpointError for a file of another kind, or with a malformed header
 * @throws what `Repository.head` throws
 */
export async function readHeader(
	repository: Repository,
	path: string,
	name = `${repository.name}/${path}`,
): Promise<HeaderOf> {
	const { bytes, size } = await repository.head(path, FIRST);
	const end = PREFIX + headerLength(bytes, size, name);
	const json = end <= bytes.length ? bytes : (await repository.head(path, end)).bytes;
	return { path, bytes: size, header: parseHeader(json.subarray(PREFIX, end), size, name) };
}
