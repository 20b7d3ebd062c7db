import { BlobBytes } from "./blob-bytes.ts";
import type { ByteSource } from "./byte-source.ts";
import { checkNames, namesOf } from "./check-names.ts";
import { ArgumentError } from "./errors.ts";
import { MemoryBytes } from "./memory-bytes.ts";
import { openNamed, openUrl } from "./named-file.ts";
import { shown } from "./shown.ts";
import type { UrlOptions } from "./url-bytes.ts";

/**
 * Where a file's bytes are. A text is a path in Node.js, where one that begins with `http` is an address, and an address in a browser,
 * where it may be relative to the page.
 */
export type BytesPlace = string | URL | Blob | ArrayBuffer | Uint8Array | ByteSource;

export interface OpenBytesOptions extends UrlOptions {
	/** Names a `Blob` or bytes in messages; what ends in `.json` is an index. Default a `File`'s own name. */
	name?: string | undefined;
}

const OPTIONS = namesOf<OpenBytesOptions>({ name: true, signal: true, fetch: true, onProgress: true });

/**
 * Opens a file for reading by range.
 * @throws FileError where there is none or it cannot be read, DownloadError where it cannot be fetched, ArgumentError for what is no place, and for an option
 * that there is not
 */
export async function openBytes(place: BytesPlace, given: OpenBytesOptions = {}): Promise<ByteSource> {
	checkNames("open", given, OPTIONS);
	const { name, ...options } = given;
	if (typeof place === "string") return openNamed(place, options);
	if (place instanceof URL) return openUrl(place, options);
	if (place instanceof Blob) return new BlobBytes(place, name);
	if (place instanceof ArrayBuffer || place instanceof Uint8Array) return new MemoryBytes(name ?? "bytes", place);
	if (typeof place?.read === "function" && typeof place.size === "number") return place;
	const expected = "a path, an address, a Blob, an ArrayBuffer, a Uint8Array or a ByteSource";
	throw new ArgumentError({ what: "the place of a file", expected, found: shown(place) });
}
