import { sha256 as Sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** SHA-256 in hexadecimal of what the parts make one after the other, texts in UTF-8: the same wherever it runs, and without waiting. */
export function sha256(...parts: readonly (string | Uint8Array)[]): string {
	const hash = Sha256.create();
	for (const part of parts) hash.update(typeof part === "string" ? utf8ToBytes(part) : part);
	return bytesToHex(hash.digest());
}
