import { FileError } from "@drum/tensor";

/** A browser unpacks streams alone, and not at once. */
export function gunzip(_: Uint8Array, what: string): Uint8Array {
	const next = 'Unpack it before: file.stream().pipeThrough(new DecompressionStream("gzip"))';
	throw new FileError({ what, expected: "text", found: "a gzip file", next });
}
