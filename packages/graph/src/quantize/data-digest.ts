import { createHash, type Hash } from "node:crypto";

/**
 * SHA-256 of a file's data that are not written from first to last, but part by part at the same time, each from its own start:
 * the hash of the parts' hashes, in the order in which they lie in the file.
 */
export class DataDigest {
	readonly #parts = new Map<number, Hash>();

	/** @param offset where the part begins that these bytes go on with */
	add(offset: number, bytes: Uint8Array): void {
		const part = this.#parts.get(offset) ?? createHash("sha256");
		this.#parts.set(offset, part.update(bytes));
	}

	hex(): string {
		const whole = createHash("sha256");
		for (const [, part] of [...this.#parts].sort(([one], [other]) => one - other)) whole.update(part.digest());
		return whole.digest("hex");
	}
}
