import { loadPart } from "@drum/tensor";
import { ERROR, FACTOR, FOUND } from "./addresses.ts";

/** The two inner loops. They work on 16-bit rows of `bytes` bytes, a multiple of 64, at byte addresses of one buffer. */
export interface Kernels {
	/**
	 * Finds the first of the packed picks in [pick, end) whose dot product with the row is below `limit`. Returns its address, and writes the
	 * dot product to FOUND. Returns `end` if there is none. Sums of integers are exact, so all kernels agree.
	 */
	firstBelow(row: number, pick: number, end: number, bytes: number, limit: number): number;
	/** Multiplies 2 · `bytes` bytes of float32 by the float32 at FACTOR, and rounds them to a row. Writes the squared error to ERROR. Returns 0. */
	pack(source: number, row: number, bytes: number): number;
}

/** A buffer, and kernels that work on it. */
export interface Workspace {
	readonly buffer: ArrayBuffer;
	readonly kernels: Kernels;
}

/** The part of WebAssembly's interface that this file uses. TypeScript only has it among the DOM's types. */
interface WebAssemblyApi {
	Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
	instantiate(
		bytes: Uint8Array<ArrayBuffer>,
		imports: object,
	): Promise<{ instance: { exports: Record<string, unknown> } }>;
}

/** Up to this many bytes, about 170 rows of 768, WebAssembly gains too little. */
const SMALL = 1 << 18;

/** Opens a workspace of `size` bytes: in WebAssembly, or in plain JavaScript if it is small or a page's policy forbids WebAssembly. */
export async function openWorkspace(size: number): Promise<Workspace> {
	return (size > SMALL ? await openSimd(size) : undefined) ?? openPlain(size);
}

/** WebAssembly with 128-bit SIMD (Chrome 91, Firefox 89, Safari 16.4, Node 16.4). Undefined if it is forbidden or more than 4 GiB are needed. */
export async function openSimd(size: number): Promise<Workspace | undefined> {
	const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi };
	const pages = Math.ceil(size / 65536);
	if (pages > 65536 || !WebAssembly) return undefined;
	try {
		const { simdModule } = await loadPart(() => import("./simd.ts"));
		const memory = new WebAssembly.Memory({ initial: pages });
		const { instance } = await WebAssembly.instantiate(simdModule(), { env: { memory } });
		const { firstBelow, pack } = instance.exports as unknown as Kernels;
		// Addresses of 2 GiB and above are returned as negative numbers.
		const found: Kernels["firstBelow"] = (row, pick, end, bytes, limit) =>
			firstBelow(row, pick, end, bytes, limit) >>> 0;
		return { buffer: memory.buffer, kernels: { firstBelow: found, pack } };
	} catch {
		return undefined;
	}
}

/** A workspace in plain JavaScript. */
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

/** Adding 1.5 · 2^52 rounds, because float64 has no fractions there. */
function roundHalfEven(value: number): number {
	return value + 6755399441055744 - 6755399441055744;
}
