import { gunzipSync } from "node:zlib";
import { damaged, tooLarge } from "./gunzip-errors.ts";

/**
 * A gzip file's content, of at most `most` bytes.
 * @throws FileError where it is damaged or larger
 */
export async function gunzip(bytes: Uint8Array, what: string, most: number): Promise<Uint8Array> {
	try {
		return gunzipSync(bytes, { maxOutputLength: most });
	} catch (cause) {
		const isLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
		throw isLarge ? tooLarge(what, most, cause) : damaged(what, cause);
	}
}
