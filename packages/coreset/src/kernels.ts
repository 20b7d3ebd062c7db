import { loadPart } from "@drum/tensor";
import { ERROR, FACTOR, FOUND } from "./addresses.ts";

/** The two inner loops, on 16-bit rows of `bytes` bytes (a multiple of 64) by byte address in one buffer. */
export interface Kernels {
	/**
	 * Finds the first of the packed picks in [pick, end) whose dot with the row is below `limit`: returns its address, and
	 * leaves the dot at FOUND; returns `end` when there is none. Sums of integers are exact, so all kernels agree.
	 */
	firstBelow(row: number, pick: number, end: number, bytes: number, limit: number): number;
	/** Rounds 2 · `bytes` bytes of float32, times the float32 at FACTOR, to a row. Returns 0, leaves the squared error at ERROR. */
	pack(source: number, row: number, bytes: number): number;
}

/** A buffer, and kernels over it. */
export interface Workspace {
	readonly buffer: ArrayBuffer;
	readonly kernels: Kernels;
}

/** As much of WebAssembly's interface as is used here; only the DOM's types have it. */
interface WebAssemblyApi {
	Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
	instantiate(
		bytes: Uint8Array<ArrayBuffer>,
		imports: object,
	): Promise<{ instance: { exports: Record<string, unknown> } }>;
}

/** Up to so many bytes, about 170 rows of 768, there is too little to gain. */
const SMALL = 1 << 18;

/** The fastest workspace of `size` bytes to be had: WebAssembly, or plain JavaScript for a small one and where a page's policy forbids the other. */
export async function openWorkspace(size: number): Promise<Workspace> {
	return (size > SMALL ? await openSimd(size) : undefined) ?? openPlain(size);
}

/** WebAssembly with 128-bit SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4); `undefined` where it is not allowed, or 4 GiB are too few. */
export async function openSimd(size: number): Promise<Workspace | undefined> {
	const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
	const pages = Math.ceil(size / 65536);
	if (pages > 65536 || !WebAssembly) return undefined;
	try {
		const { simdModule } = await loadPart(() => import("./simd.ts"));
		const memory = new WebAssembly.Memory({ initial: pages });
		const { instance } = await WebAssembly.instantiate(simdModule(), { env: { memory } });
		const { firstBelow, pack } = instance.exports as unknown as Kernels;
		// Addresses from 2 GiB come back negative.
		const found: Kernels["firstBelow"] = (row, pick, end, bytes, limit) =>
			firstBelow(row, pick, end, bytes, limit) >>> 0;
		return { buffer: memory.buffer, kernels: { firstBelow: found, pack } };
	} catch {
		return undefined;
	}
}

/** The same in plain JavaScript. */
export function openPlain(size: number): Workspace {
	const buffer = new ArrayBuffer(Math.ceil(size / 64) * 64);
	const integers = new Int16Array(buffer);
	const floats = new Float32Array(buffer);
	const found = new Int32Array(buffer, FOUND, 1);
	const firstBelow: Kernels["firstBelow"] = (row, pick, end, bytes, limit) => {
		const start = row / 2;
		const length = bytes / 2;
		for (; pick < end; pick += bytes) {
			let dot = 0;
			for (let k = 0, other = pick / 2; k < length; k++) dot += integers[start + k]! * integers[other + k]!;
			if (dot < limit) {
				found[0] = dot;
				return pick;
			}
		}
		return end;
	};
	const pack: Kernels["pack"] = (source, row, bytes) => {
		const factor = floats[FACTOR / 4]!;
		let error = 0;
		for (let k = 0; k < bytes / 2; k++) {
			const value = Math.fround(floats[source / 4 + k]! * factor);
			const integer = roundHalfEven(value);
			integers[row / 2 + k] = integer;
			error += (value - integer) ** 2;
		}
		floats[ERROR / 4] = error;
		return 0;
	};
	return { buffer, kernels: { firstBelow, pack } };
}

/** At 1.5 · 2^52 and above float64 has no fractions. */
function roundHalfEven(value: number): number {
	return value + 6755399441055744 - 6755399441055744;
}
