import type { Random } from "./random.ts";

const LENGTHS = [0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 100_000_000n, 100_000_001n];
/** Whole numbers as protocol buffers and Thrift write them: up to 2^63. */
const VARINTS = [
	[0xfe, 0xff, 0xff, 0xff, 0x0f],
	[0x80, 0x94, 0xeb, 0xdc, 0x03],
	[0x80, 0xe1, 0xeb, 0x17],
	[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

/** Bytes with one to four changes: other values, a part left out, doubled or moved, the end cut off, huge lengths. */
export function changeBytes(random: Random, source: Uint8Array): Uint8Array {
	let bytes: Uint8Array = Uint8Array.from(source);
	for (let left = 1 + random.below(4); left > 0; left--) bytes = random.pick(CHANGES)(random, bytes);
	return bytes;
}

type Change = (random: Random, bytes: Uint8Array) => Uint8Array;

const CHANGES: readonly Change[] = [
	(random, bytes) => withPart(bytes, random.below(bytes.length), [random.below(256)]),
	(random, bytes) => {
		const at = random.below(bytes.length);
		return withPart(bytes, at, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
	},
	(random, bytes) => bytes.slice(0, random.below(bytes.length)),
	(random, bytes) => spliced(bytes, random.below(bytes.length), 1 + random.below(64), new Uint8Array()),
	(random, bytes) => {
		const more = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
		return spliced(bytes, random.below(bytes.length), 0, more);
	},
	(random, bytes) => {
		const from = random.below(bytes.length);
		return spliced(bytes, random.below(bytes.length), 0, bytes.slice(from, from + 64));
	},
	(random, bytes) => {
		const length = new Uint8Array(new BigUint64Array([random.pick(LENGTHS)]).buffer);
		return withPart(bytes, random.chance(0.5) ? 0 : random.below(bytes.length), length);
	},
	(random, bytes) => withPart(bytes, random.below(bytes.length), random.pick(VARINTS)),
];

function withPart(bytes: Uint8Array, at: number, part: ArrayLike<number>): Uint8Array {
	const changed = bytes.slice();
	for (let i = 0; i < part.length && at + i < changed.length; i++) changed[at + i] = part[i]!;
	return changed;
}

function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
	const rest = bytes.subarray(Math.min(at + removed, bytes.length));
	return Buffer.concat([bytes.subarray(0, at), added, rest]);
}
