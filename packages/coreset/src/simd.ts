import { ERROR, FACTOR, FOUND } from "./addresses.ts";
import { assemble, type Code, f32x4, get, i16x8, i32, i32x4, repeat, returns, set, v128, when } from "./assembler.ts";

/** The address of four totals, one for each of four picks. */
const TOTALS = 16;

/** The kernels in WebAssembly SIMD, which computes eight 16-bit products in one instruction. */
export function simdModule(): Uint8Array<ArrayBuffer> {
	return assemble({ firstBelow: firstBelow(), pack: pack() });
}

/** Compares four picks at a time, which share the loads of the row. The last one to three are compared singly. */
function firstBelow() {
	const [row, pick, end, bytes, limit, at, stop] = [0, 1, 2, 3, 4, 5, 6];
	const others = [7, 8, 9, 10];
	const [s0, s1, s2, s3, x] = [11, 12, 13, 14, 15];
	const sums = [s0, s1, s2, s3];

	/** Sums the products of the row with `count` picks from `pick` on. Each sum has four lanes. */
	const dots = (count: number): Code[] => [
		...others.slice(0, count).flatMap((other, i) => [get(pick), ...times(bytes, i), i32.add, set(other)]),
		...sums.flatMap((sum) => [v128.zero, set(sum)]),
		...[get(row), set(at), get(row), get(bytes), i32.add, set(stop)],
		repeat(
			...[0, 16, 32, 48].flatMap((offset) => [
				...[get(at), v128.load(offset), set(x)],
				...others.slice(0, count).flatMap((other, i) => {
					const sum = sums[i]!;
					return [get(sum), get(x), get(other), v128.load(offset), i32x4.dotI16x8, i32x4.add, set(sum)];
				}),
			]),
			...[at, ...others.slice(0, count)].flatMap((pointer) => advance(pointer, 64)),
			...[get(at), get(stop), i32.ltU],
		),
	];
	/** Adds lanes of two vectors. After two rounds, each lane is the total of one of four vectors. */
	const fold = (a: number, b: number, low: readonly number[], high: readonly number[]) => [
		...[get(a), get(b), i32x4.shuffle(...low), get(a), get(b), i32x4.shuffle(...high), i32x4.add],
	];
	const totals = [
		...[...fold(s0, s1, [0, 4, 1, 5], [2, 6, 3, 7]), set(s0)],
		...[...fold(s2, s3, [0, 4, 1, 5], [2, 6, 3, 7]), set(s2)],
		...[...fold(s0, s2, [0, 1, 4, 5], [2, 3, 6, 7]), set(x)],
	];
	/** Returns the pick of the first of `lanes` that is below the limit, if there is one. */
	const check = (lanes: number) => [
		...[i32.const(0), get(x), v128.store(TOTALS)],
		...[get(x), get(limit), i32x4.splat, i32x4.ltS, i32x4.bitmask, i32.const(lanes), i32.and, set(at)],
		when(
			[get(at)],
			...[get(at), i32.ctz, set(at)],
			...[i32.const(0), ...times(at, 4), i32.load(TOTALS), i32.store(FOUND)],
			...[get(pick), get(at), get(bytes), i32.mul, i32.add, returns],
		),
	];
	const step = (count: number) => [...dots(count), ...totals, ...check(2 ** count - 1)];
	const next = (count: number) => [get(pick), ...times(bytes, count), i32.add, set(pick)];
	const fourLeft = [...times(bytes, 4), get(end), get(pick), i32.sub, i32.leU];
	const oneLeft = [get(pick), get(end), i32.ltU];

	return {
		parameters: 5,
		locals: { i32: 6, v128: 5 },
		body: [
			when(fourLeft, repeat(...step(4), ...next(4), ...fourLeft)),
			when(oneLeft, repeat(...step(1), ...next(1), ...oneLeft)),
			get(end),
		],
	};
}

function pack() {
	const [source, row, bytes, stop] = [0, 1, 2, 3];
	const [factor, error, value, low, high] = [4, 5, 6, 7, 8];

	const round = (offset: number, rounded: number) => [
		...[get(source), v128.load(offset), get(factor), f32x4.mul, set(value)],
		...[get(value), f32x4.nearest, set(rounded)],
		...[get(value), get(rounded), f32x4.sub, set(value)],
		...[get(error), get(value), get(value), f32x4.mul, f32x4.add, set(error)],
	];
	const fold = (...lanes: readonly number[]) => [
		...[get(error), get(error), get(error), i32x4.shuffle(...lanes), f32x4.add, set(error)],
	];

	return {
		parameters: 3,
		locals: { i32: 1, v128: 5 },
		body: [
			...[i32.const(0), v128.load32Splat(FACTOR), set(factor)],
			...[get(row), get(bytes), i32.add, set(stop)],
			repeat(
				...[...round(0, low), ...round(16, high)],
				...[get(row), get(low), f32x4.toI32, get(high), f32x4.toI32, i16x8.narrow, v128.store(0)],
				...[...advance(source, 32), ...advance(row, 16)],
				...[get(row), get(stop), i32.ltU],
			),
			...[...fold(2, 3, 0, 1), ...fold(1, 0, 3, 2)],
			...[i32.const(0), get(error), v128.store(ERROR)],
			i32.const(0),
		],
	};
}

function times(local: number, factor: number): Code[] {
	return [get(local), i32.const(factor), i32.mul];
}

function advance(pointer: number, bytes: number): Code[] {
	return [get(pointer), i32.const(bytes), i32.add, set(pointer)];
}
