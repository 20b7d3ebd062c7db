import { ArgumentError } from "@drum/tensor";
import type { FileParts } from "./file-parts.ts";

/** Of other formats browsers give the pixels alone. @throws ArgumentError always */
export async function readOtherPicture(_: Uint8Array): Promise<FileParts & { readonly format: string }> {
	throw new ArgumentError({ what: "picture", expected: "a PNG, JPEG or WebP file in a browser", found: "another" });
}
