import type { ByteSource } from "./byte-source.ts";
import { FileError } from "./errors.ts";

/** A `Blob`, or a `File` that a user has chosen: read where it lies, a range at a time. */
export class BlobBytes implements ByteSource {
	readonly name: string;
	readonly blob: Blob;

	/** @param name default a `File`'s own */
	constructor(blob: Blob, name?: string) {
		this.name = name ?? ("name" in blob && typeof blob.name === "string" ? blob.name : "a blob");
		this.blob = blob;
	}

	get size(): number {
		return this.blob.size;
	}

	/** @throws FileError where the file that was chosen has changed or is gone */
	async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
		try {
			return new Uint8Array(await this.blob.slice(from, to).arrayBuffer());
		} catch (cause) {
			const { message } = cause as Error;
			const next = "Choose the file again: it was changed or moved since";
			throw new FileError({ what: this.name, expected: "a file that can be read", found: message, next, cause });
		}
	}
}
