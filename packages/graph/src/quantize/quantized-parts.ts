import type { StoredTensor } from "@drum/tensor";
import type { QuantizedValue } from "../ops/quantized.ts";
import type { Value, ValueType } from "../value.ts";
import { type Place, type QuantizedMatrix, rowParts } from "./formats.ts";

/** Brings a part into the graph under a name that tells it from the matrix's others. */
type DeclarePart = (name: string, place: StoredTensor, type: ValueType) => Value;

/** Equal parts of a quantised matrix along its rows, each a place of its own in the file, for products with values of `type`. */
export function quantizedParts(
	matrix: QuantizedMatrix,
	type: ValueType,
	parts: number,
	declare: DeclarePart,
): QuantizedValue[] {
	const { format, columns } = matrix;
	const rows = matrix.rows / parts;
	const row = rowParts(format, columns);
	return Array.from({ length: parts }, (_, i) => {
		const part = (name: string, whole: Place, stored: "uint8" | "int8" | "float32", dims: readonly number[]) => {
			const length = whole.length / parts;
			const place = { file: whole.file, type: stored, dims, offset: whole.offset + i * length, length };
			return declare(`${name} ${type} ${i}/${parts}`, place, type);
		};
		const scales = part("scales", matrix.scales, "float32", [rows * row.scales]);
		if (format.kind === "channels") {
			return { format, rows, columns, codes: part("codes", matrix.codes, "int8", [columns, rows]), scales };
		}
		const codes = part("codes", matrix.codes, "uint8", [rows, row.scales, (format.block * format.bits) / 8]);
		const { zeroPoints: zeros } = matrix;
		const zeroPoints = zeros ? part("zeroPoints", zeros, "uint8", [rows * row.zeroPoints]) : null;
		return { format, rows, columns, codes, scales, zeroPoints };
	});
}
