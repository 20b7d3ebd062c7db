import { open } from "node:fs/promises";

// Checkpoints of published sizes without their gigabytes: files with a header and their whole length, and nothing written in between.

const BYTES = { F8_E4M3: 1, BF16: 2, F16: 2, F32: 4 } as const;

/** How safetensors names the types. */
export type HoleType = keyof typeof BYTES;

export type Shape = [name: string, dims: number[]];

/** Rows of names and shapes, in which `{0..9}` stands for each of these numbers. */
export function expandNames(rows: readonly Shape[]): Shape[] {
	return rows.flatMap(([name, dims]): Shape[] => {
		const [range = "", first, last] = /\{(\d+)\.\.(\d+)\}/.exec(name) ?? [];
		if (!range) return [[name, dims]];
		const count = Number(last) - Number(first) + 1;
		return Array.from({ length: count }, (_, i) => [name.replace(range, String(Number(first) + i)), dims]);
	});
}

/** A safetensors file of these tensors, whose bytes were never written. */
export async function writeHoles(path: string, tensors: readonly Shape[], type: HoleType): Promise<void> {
	let end = 0;
	const fields = tensors.map(([name, shape]) => {
		const start = end;
		end += BYTES[type] * shape.reduce((product, extent) => product * extent, 1);
		return [name, { dtype: type, shape, data_offsets: [start, end] }];
	});
	const json = Buffer.from(JSON.stringify(Object.fromEntries(fields)));
	const length = Buffer.alloc(8);
	length.writeBigUInt64LE(BigInt(json.length));
	const file = await open(path, "w");
	try {
		await file.writeFile(Buffer.concat([length, json]));
		await file.truncate(8 + json.length + end);
	} finally {
		await file.close();
	}
}
