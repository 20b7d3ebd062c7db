import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WeightSource } from "@drum/graph";
import { BYTES, float32ToFloat16, sizeOf } from "@drum/tensor";

// As tooling/golden/table.py and vae.py fill their decoders, so that no weights are kept.

const PERIOD = 1_000_003;
const TABLE = numbers();

/** A model's weights as places in a few files, one for each scale, in which they overlap: they take a fraction of its bytes. */
export async function tableSource(
	folder: string,
	shapes: Readonly<Record<string, readonly number[]>>,
	type: "float32" | "float16" = "float32",
): Promise<WeightSource> {
	const sorted = Object.entries(shapes).sort(([a], [b]) => (a < b ? -1 : 1));
	const places = sorted.map(([name, dims], i) => {
		const [offset, length] = [((i * 7919) % PERIOD) * BYTES[type], sizeOf(dims) * BYTES[type]];
		return [name, { file: join(folder, `${type}-${scaleOf(name, dims)}`), type, dims, offset, length }] as const;
	});
	for (const scale of new Set(sorted.map(([name, dims]) => scaleOf(name, dims)))) {
		const file = join(folder, `${type}-${scale}`);
		const whole = Math.max(...places.map(([, place]) => (place.file === file ? place.offset + place.length : 0)));
		const values = TABLE.map((value) => (scale === 0 ? value + 1 : value * scale));
		await writeFile(file, roundAndRound(type === "float32" ? values : float32ToFloat16(values), whole));
	}
	const found = new Map(places);
	return { name: `table of ${type}`, get: (name) => found.get(name), names: () => found.keys() };
}

/** A power of two near twice the deviation that keeps a convolution's input's scale; 0 for a norm's weights, which are around 1. */
function scaleOf(name: string, dims: readonly number[]): number {
	if (dims.length === 1) return name.endsWith("weight") ? 0 : 0.125;
	return 2 ** (1 - Math.round(Math.log2(sizeOf(dims.slice(1))) / 2));
}

/** Multiples of 1/1024 in [−1, 1), which float16 holds exactly, by Numerical Recipes' generator. */
function numbers(): Float32Array {
	let state = 12345;
	return new Float32Array(PERIOD).map(() => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return (state >>> 21) / 1024 - 1;
	});
}

function roundAndRound({ buffer }: Float32Array | Uint16Array, bytes: number): Uint8Array {
	const [period, whole] = [new Uint8Array(buffer), new Uint8Array(bytes)];
	for (let at = 0; at < bytes; at += period.length) whole.set(period.subarray(0, bytes - at), at);
	return whole;
}
