import { gunzipSync } from "node:zlib";
import { damaged, tooLarge } from "./gunzip-errors.ts";

/**
 * Unpacks a gzip file.
 * @param what the file, for messages
 * @param most the most bytes that it may contain
 * @throws FileError if it is damaged, or contains more
 */
export async function gunzip(bytes: Uint8Array, what: string, most: number): Promise<Uint8Array> {
	try {
		return gunzipSync(bytes, { maxOutputLength: most });
	} catch (cause) {
		const isLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
		throw isLarge ? tooLarge(what, most, cause) : damaged(what, cause);
	}
}
