import { changeBytes } from "./change-bytes.ts";
import { changePng } from "./change-png.ts";
import type { Random } from "./random.ts";

/** A PNG, JPEG or WebP file with changed bytes; in half of them its beginning is right again, so that a reader looks behind it. */
export function changePicture(random: Random, source: Uint8Array): Uint8Array {
	const isPng = source[0] === 0x89;
	if (isPng) return changePng(random, source);
	const changed = Buffer.from(changeBytes(random, source));
	if (random.chance(0.5) && changed.length >= 12) {
		const isWebp = Buffer.from(source.subarray(0, 4)).toString("latin1") === "RIFF";
		changed.set(source.subarray(0, isWebp ? 12 : 2));
		if (isWebp) changed.writeUInt32LE(changed.length - 8, 4);
	}
	return changed;
}
