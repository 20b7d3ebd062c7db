import { assemble, get, i32, i32x4, repeat, returns, set, v128, when } from "./assembler.ts";

/**
 * Dots of one row with packed picks, all 16-bit integers in one buffer, by byte address: finds the first pick in
 * [pick, end) whose dot with the row is below `limit`. Returns its address and leaves the dot at address 0; returns
 * `end` when there is none. A row takes `bytes`, a multiple of 64. Integer sums are exact, so all kernels agree.
 */
export type Kernel = (row: number, pick: number, end: number, bytes: number, limit: number) => number;

/** As much of WebAssembly's interface as is used here; only the DOM's types have it. */
interface WebAssemblyApi {
	Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
	instantiate(
		bytes: Uint8Array<ArrayBuffer>,
		imports: object,
	): Promise<{ instance: { exports: Record<string, unknown> } }>;
}

/** A buffer and a kernel over it. The first 64 bytes are the kernel's. */
export interface Workspace {
	readonly buffer: ArrayBuffer;
	readonly kernel: Kernel;
}

/** The fastest workspace of `size` bytes to be had here: WebAssembly SIMD, or plain JavaScript where a page forbids it. */
export async function openWorkspace(size: number): Promise<Workspace> {
	return (await openSimd(size)) ?? openPlain(size);
}

/** WebAssembly with 128-bit SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4); `undefined` where it is not allowed or too small. */
export async function openSimd(size: number): Promise<Workspace | undefined> {
	const pages = Math.ceil(size / 65536);
	const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
	if (pages > 65536 || !WebAssembly) return undefined;
	try {
		const memory = new WebAssembly.Memory({ initial: pages });
		const { instance } = await WebAssembly.instantiate(simdModule(), { env: { memory } });
		const run = instance.exports.run as Kernel;
		return { buffer: memory.buffer, kernel: (row, pick, end, bytes, limit) => run(row, pick, end, bytes, limit) >>> 0 };
	} catch {
		return undefined;
	}
}

/** The same in plain JavaScript. */
export function openPlain(size: number): Workspace {
	const buffer = new ArrayBuffer(Math.ceil(size / 64) * 64);
	const values = new Int16Array(buffer);
	const found = new Int32Array(buffer, 0, 1);
	const kernel: Kernel = (row, pick, end, bytes, limit) => {
		const [start, length] = [row / 2, bytes / 2];
		for (; pick < end; pick += bytes) {
			let dot = 0;
			for (let k = 0, other = pick / 2; k < length; k++) dot += values[start + k]! * values[other + k]!;
			if (dot < limit) {
				found[0] = dot;
				return pick;
			}
		}
		return end;
	};
	return { buffer, kernel };
}

/** Four picks at a time share the loads of the row; the last three at most go one by one. */
function simdModule(): Uint8Array<ArrayBuffer> {
	const [row, pick, end, bytes, limit, at, stop] = [0, 1, 2, 3, 4, 5, 6];
	const others = [7, 8, 9, 10];
	const sums = [11, 12, 13, 14];
	const x = 15;

	const dots = (count: number) => [
		...others
			.slice(0, count)
			.flatMap((other, i) => [get(pick), get(bytes), i32.const(i), i32.mul, i32.add, set(other)]),
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
			...[at, ...others.slice(0, count)].flatMap((pointer) => [get(pointer), i32.const(64), i32.add, set(pointer)]),
			...[get(at), get(stop), i32.ltU],
		),
	];
	/** Two vectors to one: lane j of the result is half the sum of one of them. */
	const fold = (a: number, b: number, low: readonly number[], high: readonly number[]) => [
		...[get(a), get(b), i32x4.shuffle(...low), get(a), get(b), i32x4.shuffle(...high), i32x4.add],
	];
	const [s0, s1, s2, s3] = sums as [number, number, number, number];
	const totals = [
		...[...fold(s0, s1, [0, 4, 1, 5], [2, 6, 3, 7]), set(s0)],
		...[...fold(s2, s3, [0, 4, 1, 5], [2, 6, 3, 7]), set(s2)],
		...[...fold(s0, s2, [0, 1, 4, 5], [2, 3, 6, 7]), set(x)],
	];
	/** Stores the totals, and returns the pick of the first lane under the limit. */
	const check = (lanes: number) => [
		...[i32.const(0), get(x), v128.store(16)],
		...[get(x), get(limit), i32x4.splat, i32x4.ltS, i32x4.bitmask, i32.const(lanes), i32.and, set(at)],
		when(
			get(at),
			...[get(at), i32.ctz, set(at)],
			...[i32.const(0), get(at), i32.const(4), i32.mul, i32.load(16), i32.store(0)],
			...[get(pick), get(at), get(bytes), i32.mul, i32.add, returns],
		),
	];
	const advance = (count: number) => [get(pick), get(bytes), i32.const(count), i32.mul, i32.add, set(pick)];
	const left = [get(end), get(pick), i32.sub];
	const four = [get(bytes), i32.const(4), i32.mul];

	return assemble(
		5,
		{ i32: 6, v128: 5 },
		when(
			[...four, ...left, i32.leU].flat(),
			repeat(...dots(4), ...totals, ...check(0b1111), ...advance(4), ...four, ...left, i32.leU),
		),
		when(
			[get(pick), get(end), i32.ltU].flat(),
			repeat(...dots(1), ...totals, ...check(0b0001), ...advance(1), get(pick), get(end), i32.ltU),
		),
		get(end),
	);
}
