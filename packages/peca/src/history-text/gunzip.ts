import { gunzipSync } from "node:zlib";
import { FileError } from "@drum/tensor";

/**
 * A gzip file's content, of at most `most` bytes.
 * @throws FileError where it is damaged or larger
 */
export function gunzip(bytes: Uint8Array, what: string, most: number): Uint8Array {
	try {
		return gunzipSync(bytes, { maxOutputLength: most });
	} catch (cause) {
		const large = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
		const [expected, found] = large
			? [`at most ${most} bytes of text`, "more"]
			: ["a whole gzip file", "a damaged one"];
		throw new FileError({ what, expected, found, cause });
	}
}
