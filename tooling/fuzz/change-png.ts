import { crc32 } from "node:zlib";
import { changeBytes } from "./change-bytes.ts";
import type { Random } from "./random.ts";

const SIGNATURE = 8;

/** A PNG file with changed bytes; in half of them signature and checksums are right again, so that a reader looks behind them. */
export function changePng(random: Random, source: Uint8Array): Uint8Array {
	const changed = Buffer.from(changeBytes(random, source));
	if (random.chance(0.5)) {
		changed.set(source.subarray(0, Math.min(SIGNATURE, changed.length)));
		mendChecksums(changed);
	}
	return changed;
}

function mendChecksums(bytes: Buffer): void {
	for (let at = SIGNATURE; at + 12 <= bytes.length; ) {
		const end = at + 8 + bytes.readUInt32BE(at);
		if (end + 4 > bytes.length) return;
		bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
		at = end + 4;
	}
}
