/** The part of a WebAssembly assembler that the two kernels need. An instruction is a list of bytes. */
export type Code = readonly number[];

/** All parameters and the result are i32. */
export interface Definition {
	parameters: number;
	/** How many locals of each type. Their numbers follow those of the parameters, in this order. */
	locals: { i32: number; v128: number };
	body: readonly Code[];
}

const I32 = 0x7f;
const V128 = 0x7b;

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const returns: Code = [0x0f];

export const i32 = {
	const: (value: number): Code => [0x41, ...signed(value)],
	load: (offset: number): Code => [0x28, 2, ...unsigned(offset)],
	store: (offset: number): Code => [0x36, 2, ...unsigned(offset)],
	ltU: [0x49],
	leU: [0x4d],
	ctz: [0x68],
	add: [0x6a],
	sub: [0x6b],
	mul: [0x6c],
	and: [0x71],
} as const;

export const v128 = {
	load: (offset: number): Code => [0xfd, 0, 4, ...unsigned(offset)],
	load32Splat: (offset: number): Code => [0xfd, 9, 2, ...unsigned(offset)],
	store: (offset: number): Code => [0xfd, 11, 4, ...unsigned(offset)],
	zero: [0xfd, 12, ...Array<number>(16).fill(0)],
} as const;

export const i32x4 = {
	/** Picks lanes of two vectors: 0 to 3 are from the first, 4 to 7 from the second. */
	shuffle: (...lanes: readonly number[]): Code => [
		0xfd,
		13,
		...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
	],
	splat: [0xfd, 17],
	ltS: [0xfd, 57],
	bitmask: [0xfd, 0xa4, 1],
	add: [0xfd, 0xae, 1],
	/** Multiplies eight 16-bit pairs, and adds neighbouring products. */
	dotI16x8: [0xfd, 0xba, 1],
} as const;

export const i16x8 = {
	/** Clamps the eight 32-bit lanes of two vectors to 16 bits. */
	narrow: [0xfd, 0x85, 1],
} as const;

export const f32x4 = {
	/** Rounds to the nearest integer, half to even. */
	nearest: [0xfd, 0x6a],
	add: [0xfd, 0xe4, 1],
	sub: [0xfd, 0xe5, 1],
	mul: [0xfd, 0xe6, 1],
	toI32: [0xfd, 0xf8, 1],
} as const;

/** Repeats `body` as long as the i32 that it leaves is not 0. */
export const repeat = (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b];
/** Runs `body` if `condition` leaves an i32 that is not 0. */
export const when = (condition: readonly Code[], ...body: readonly Code[]): Code => [
	...condition.flat(),
	...[0x04, 0x40, ...body.flat(), 0x0b],
];

/** A module that exports the functions, and takes their memory as `env.memory`. */
export function assemble(functions: Readonly<Record<string, Definition>>): Uint8Array<ArrayBuffer> {
	const entries = Object.entries(functions);
	const types = entries.map(([, { parameters }]) => [0x60, ...vector(Array<Code>(parameters).fill([I32])), 1, I32]);
	const exports = entries.map(([key], index) => [...name(key), 0, index]);
	const bodies = entries.map(([, { locals, body }]) => {
		const code = [2, ...unsigned(locals.i32), I32, ...unsigned(locals.v128), V128, ...body.flat(), 0x0b];
		return [...unsigned(code.length), ...code];
	});
	return Uint8Array.from([
		...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
		...section(1, vector(types)),
		...section(2, vector([[...name("env"), ...name("memory"), 2, 0, 0]])),
		...section(3, vector(entries.map((_, index) => [index]))),
		...section(7, vector(exports)),
		...section(10, vector(bodies)),
	]);
}

function section(id: number, content: Code): Code {
	return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
	return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Code {
	return vector(Array.from(text, (letter) => [letter.charCodeAt(0)]));
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
