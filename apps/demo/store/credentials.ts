import { createHash, randomBytes } from "node:crypto";

/** A secret that nobody guesses: 256 bits, as 43 letters. */
export function makeSecret(): string {
	return randomBytes(32).toString("base64url");
}

/** What is kept of a secret. It needs no salt and no slow hash, since it is as random as the hash is long. */
export function hashOf(secret: string): Uint8Array {
	return createHash("sha256").update(secret).digest();
}
