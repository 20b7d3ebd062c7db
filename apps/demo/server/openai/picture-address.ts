import { createHmac, timingSafeEqual } from "node:crypto";

/** How long an address is good, in seconds: an hour, as OpenAI's. */
export const ADDRESS_SECONDS = 3600;

/** What makes an address of a picture good for whoever has it, until then. */
export interface Signed {
	readonly expires: number;
	readonly signature: string;
}

export function signPicture(key: Uint8Array, id: string, expires: number): string {
	return createHmac("sha256", key).update(`${id} ${expires}`).digest("base64url");
}

/** Whether this service signed the address, and it has not expired. */
export function isSigned(key: Uint8Array, id: string, { expires, signature }: Signed): boolean {
	if (expires * 1000 < Date.now()) return false;
	const [ours, theirs] = [Buffer.from(signPicture(key, id, expires)), Buffer.from(signature)];
	return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
