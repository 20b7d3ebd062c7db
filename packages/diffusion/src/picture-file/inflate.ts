import { FileError } from "@drum/tensor";

/** No honest description of a picture is longer; a compressed text could be. */
export const MOST_TEXT = 4_000_000;

/**
 * What zlib compressed, of at most 4 MB.
 * @throws FileError where it is damaged, or longer.
 */
export async function inflateText(bytes: Uint8Array, what: string): Promise<Uint8Array> {
	const parts: Uint8Array<ArrayBuffer>[] = [];
	let length = 0;
	try {
		const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
			.stream()
			.pipeThrough(new DecompressionStream("deflate"));
		const reader = stream.getReader();
		for (let next = await reader.read(); !next.done; next = await reader.read()) {
			parts.push(next.value);
			length += next.value.length;
			if (length <= MOST_TEXT) continue;
			await reader.cancel();
			break;
		}
	} catch (cause) {
		throw new FileError({ what, expected: "a text compressed by zlib", found: "a damaged one", cause });
	}
	if (length > MOST_TEXT) throw new FileError({ what, expected: `at most ${MOST_TEXT} bytes of text`, found: "more" });
	return new Uint8Array(await new Blob(parts).arrayBuffer());
}
