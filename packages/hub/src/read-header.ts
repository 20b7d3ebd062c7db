import { headerLength, parseHeader, type SafetensorsHeader } from "@drum/tensor";
import type { Repository } from "./repository.ts";

/** A safetensors file's header. */
export interface HeaderOf {
	/** The file's path in its repository. */
	readonly path: string;
	/** Bytes of the whole file. */
	readonly bytes: number;
	readonly header: SafetensorsHeader;
}

const PREFIX = 8;
/** Holds the whole header of most files, so that one request does. */
const FIRST = 2 ** 16;

/**
 * Reads a safetensors file's header; of a file on the hub, no more than that is fetched.
 * @param name the file, for messages; default its path behind the repository's name
 * @throws CheckpointError for a file of another kind, or whose header breaks a rule of the format; what `Repository.head` throws
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
