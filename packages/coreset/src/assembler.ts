/** As much of a WebAssembly assembler as one SIMD kernel takes. Each instruction is its bytes. */
export type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;

/** Locals by number; the parameters come first. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const i32 = {
	const: (value: number): Code => [0x41, ...signed(value)],
	load: (offset: number): Code => [0x28, 2, ...unsigned(offset)],
	store: (offset: number): Code => [0x36, 2, ...unsigned(offset)],
	ltU: [0x49],
	leU: [0x4d],
	ctz: [0x68],
	and: [0x71],
	add: [0x6a],
	sub: [0x6b],
	mul: [0x6c],
} as const;
export const v128 = {
	load: (offset: number): Code => [0xfd, 0, 4, ...unsigned(offset)],
	store: (offset: number): Code => [0xfd, 11, 4, ...unsigned(offset)],
	zero: [0xfd, 12, ...Array<number>(16).fill(0)],
} as const;
export const i32x4 = {
	/** Lanes of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
	shuffle: (...lanes: readonly number[]): Code => [
		0xfd,
		13,
		...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
	],
	splat: [0xfd, 17],
	ltS: [0xfd, 57],
	bitmask: [0xfd, 0xa4, 1],
	add: [0xfd, 0xae, 1],
	/** Products of eight 16-bit pairs, neighbours added: four 32-bit sums. */
	dotI16x8: [0xfd, 0xba, 1],
} as const;
export const returns: Code = [0x0f];

/** Runs `body` again while the i32 it leaves is not zero. */
export const repeat = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];
/** Runs `body` if `condition` leaves an i32 that is not zero. */
export const when = (condition: Code, ...body: readonly Code[]): Code => [
	...condition,
	0x04,
	0x40,
	...body.flat(),
	0x0b,
];

/** A module that takes the memory `env.memory` and exports one function of i32 parameters and an i32 result as `run`. */
export function assemble(
	parameters: number,
	locals: { i32: number; v128: number },
	...body: readonly Code[]
): Uint8Array<ArrayBuffer> {
	const code = [2, ...unsigned(locals.i32), I32, ...unsigned(locals.v128), V128, ...body.flat(), 0x0b];
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
		...section(1, [1, 0x60, parameters, ...Array<number>(parameters).fill(I32), 1, I32]),
		...section(2, [1, ...name("env"), ...name("memory"), 2, 0, 0]),
		...section(3, [1, 0]),
		...section(7, [1, ...name("run"), 0, 0]),
		...section(10, [1, ...unsigned(code.length), ...code]),
	]);
}

function section(id: number, content: Code): Code {
	return [id, ...unsigned(content.length), ...content];
}

function name(text: string): Code {
	return [text.length, ...new TextEncoder().encode(text)];
}

/** LEB128. */
function unsigned(value: number): Code {
	return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
	const low = value & 127;
	const rest = value >> 7;
	return (rest === 0 && low < 64) || (rest === -1 && low >= 64) ? [low] : [low | 128, ...signed(rest)];
}
