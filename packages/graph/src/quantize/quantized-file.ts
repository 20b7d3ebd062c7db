import { type ByteSource, MemoryBytes } from "@drum/tensor";
import { type Place, type QuantizedMatrix, rowParts } from "./formats.ts";
import type { Matrix } from "./matrices.ts";

/** A safetensors file of quantised matrices: all that is known of it before it is written. */
export interface FileLayout {
	/** The header of a file whose data have this digest; of one length for all. */
	header(sha256: string): Uint8Array;
	/** Bytes of the whole file. */
	readonly size: number;
	/** Matrices by name, as they lie in the file; without one, where they will. */
	at(file?: ByteSource): Map<string, QuantizedMatrix>;
}

const UNWRITTEN = new MemoryBytes("quantised weights that are not written yet", new Uint8Array());

interface Part {
	readonly name: string;
	readonly dtype: "F32" | "U8" | "I8";
	readonly shape: readonly number[];
	readonly length: number;
}

/** Lays the matrices' scales out first, so that each is aligned to its elements, then their codes and zero points. */
export function layOut(matrices: readonly Matrix[], metadata: Readonly<Record<string, string>>): FileLayout {
	const parts = matrices.flatMap(partsOf);
	const ordered = [...parts.filter(({ dtype }) => dtype === "F32"), ...parts.filter(({ dtype }) => dtype !== "F32")];
	const fields: Record<string, unknown> = {};
	const offsets = new Map<string, number>();
	let end = 0;
	for (const { name, dtype, shape, length } of ordered) {
		offsets.set(name, end);
		fields[name] = { dtype, shape, data_offsets: [end, end + length] };
		end += length;
	}
	const header = (sha256: string) => headerOf({ __metadata__: { ...metadata, sha256 }, ...fields });
	const { length: start } = header("0".repeat(64));
	const at = (file: ByteSource = UNWRITTEN) =>
		new Map(
			matrices.map((matrix) => {
				const { key, format, rows, columns } = matrix;
				const places = partsOf(matrix).map(
					(part): Place => ({ file, offset: start + offsets.get(part.name)!, length: part.length }),
				);
				const [scales, codes, zeroPoints] = places as [Place, Place, Place?];
				return [key, { format, rows, columns, scales, codes, zeroPoints }] as const;
			}),
		);
	return { header, size: start + end, at };
}

function partsOf({ key: name, rows, columns, format }: Matrix): Part[] {
	const row = rowParts(format, columns);
	const inBlocks = format.kind === "blocks";
	const parts: Part[] = [
		{
			name: `${name}.scales`,
			dtype: "F32",
			shape: inBlocks ? [rows, row.scales] : [rows],
			length: rows * row.scales * 4,
		},
		{
			name: `${name}.codes`,
			dtype: inBlocks ? "U8" : "I8",
			shape: inBlocks
				? [rows, row.scales, (format.block * format.bits) / 8]
				: [format.parts, columns, rows / format.parts],
			length: rows * row.codes,
		},
	];
	if (row.zeroPoints > 0) {
		const length = rows * row.zeroPoints;
		parts.push({ name: `${name}.zero_points`, dtype: "U8", shape: [rows, row.zeroPoints], length });
	}
	return parts;
}

/** The header's length in 8 bytes, then its JSON, filled up with spaces to a multiple of 8. */
function headerOf(fields: Readonly<Record<string, unknown>>): Uint8Array {
	const text = new TextEncoder().encode(JSON.stringify(fields));
	const length = Math.ceil(text.length / 8) * 8;
	const header = new Uint8Array(8 + length).fill(0x20);
	new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
	header.set(text, 8);
	return header;
}
