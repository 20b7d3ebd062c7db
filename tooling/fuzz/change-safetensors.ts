import { changeBytes } from "./change-bytes.ts";
import { changeJson } from "./change-json.ts";
import type { Random } from "./random.ts";

const NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38, 1e-45];

/** A safetensors file that is changed in its bytes, in its header, in one of its metadata's JSON texts, or in its numbers. */
export function changeSafetensors(random: Random, bytes: Buffer): Uint8Array {
	const start = 8 + Number(bytes.readBigUInt64LE(0));
	const kind = random.below(5);
	if (kind === 0) return changeBytes(random, bytes);
	if (kind === 1) return withHeader(changeBytes(random, bytes.subarray(8, start)), bytes.subarray(start));
	if (kind === 2) return withNumbers(random, bytes, start);
	const header = JSON.parse(bytes.toString("utf8", 8, start)) as Record<string, unknown>;
	const metadata = header.__metadata__ as Record<string, string> | undefined;
	if (kind === 3 && metadata) {
		const key = random.pick(Object.keys(metadata));
		metadata[key] = changeJson(random, parsed(metadata[key]!));
		return withHeader(Buffer.from(JSON.stringify(header)), bytes.subarray(start));
	}
	return withHeader(Buffer.from(changeJson(random, header)), bytes.subarray(start));
}

function withHeader(header: Uint8Array, data: Uint8Array): Uint8Array {
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(header.length));
	return Buffer.concat([length, header, data]);
}

function withNumbers(random: Random, bytes: Buffer, start: number): Uint8Array {
	const changed = Buffer.from(bytes);
	for (let left = 1 + random.below(50); left > 0 && changed.length - start >= 4; left--) {
		changed.writeFloatLE(random.pick(NUMBERS), start + 4 * random.below(Math.floor((changed.length - start) / 4)));
	}
	return changed;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
