import type { ByteSource } from "./byte-source.ts";

/** Bytes in memory, which are not copied until they are read. */
export class MemoryBytes implements ByteSource {
	readonly name: string;
	readonly #bytes: Uint8Array;

	constructor(name: string, bytes: ArrayBuffer | Uint8Array) {
		this.name = name;
		this.#bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
	}

	get size(): number {
		return this.#bytes.length;
	}

	async read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
		return new Uint8Array(this.#bytes.subarray(from, to));
	}
}
