import type { Kronecker } from "@drum/formats";
import { sizeOf } from "@drum/tensor";
import { matmul } from "../ops/linalg.ts";
import { concat, slice, transpose } from "../ops/shape.ts";
import type { Value, ValueType } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";

export interface KroneckerFactors {
	/** `[l, m]`. */
	w1: Value;
	/** What `w2` is the product of, the last first applied: matrices, or kernels. */
	w2: Value[];
	/** Outputs and inputs of the whole product. */
	dims: [out: number, inputs: number];
}

/** The factors for a layer with kernels of these extents; none for a linear one. Only `w1`, which is small, is ever multiplied out. */
export function kroneckerFactors(
	lora: LayerLora,
	{ w1, w2, t2 }: Kronecker,
	type: ValueType,
	spatial: readonly number[],
): KroneckerFactors {
	const [l, m] = [w1[0].dims[0]!, w1.at(-1)!.dims[1]!];
	const [a, b] = w2;
	const taps = sizeOf(spatial);
	const rank = b?.dims[0];
	const k = t2 ? a.dims[1]! : a.dims[0]!;
	const n = b ? sizeOf(b.dims.slice(1)) / (t2 ? 1 : taps) : a.dims[1]!;
	const factors = () => {
		if (!b) return [lora.factor("w2", a, [k, n, ...spatial], type)];
		const ones = spatial.map(() => 1);
		if (!t2) {
			lora.check("w2_b", b, [rank!, n * taps]);
			return [
				lora.factor("w2_a", a, [k, rank!, ...ones], type),
				lora.factor("w2_b", b, [rank!, n, ...spatial], type, { view: true }),
			];
		}
		return [
			turned(lora.factor("w2_a", a, [rank!, k, ...ones], type)),
			lora.factor("t2", t2, [rank!, rank!, ...spatial], type),
			lora.factor("w2_b", b, [rank!, n, ...ones], type),
		];
	};
	return { w1: small(lora, w1, [l, m], type), w2: factors(), dims: [l * k, m * n] };
}

function small(lora: LayerLora, w1: Kronecker["w1"], [l, m]: [number, number], type: ValueType): Value {
	const [a, b] = w1;
	if (!b) return lora.factor("w1", a, [l, m], type);
	const rank = b.dims[0]!;
	const [left, right] = [lora.factor("w1_a", a, [l, rank], type), lora.factor("w1_b", b, [rank, m], type)];
	return lora.once(`${left.name},${right.name}`, () => left.graph.whileLoading(() => matmul(left, right)));
}

/** Rows and columns in each other's place. */
function turned(matrix: Value): Value {
	return matrix.graph.whileLoading(() => transpose(matrix, [1, 0, ...matrix.dims.slice(2).map((_, i) => i + 2)]));
}

/** Those outputs of a product that are the layer's own, along an axis. */
export function ownRows({ rows }: Kronecker, whole: Value, axis: number): Value {
	if (!rows) return whole;
	return concat(
		rows.map(([from, count]) => slice(whole, axis, from, from + count)),
		axis,
	);
}

/** How many outputs are the layer's own. */
export function countRows({ rows }: Kronecker, whole: number): number {
	return rows ? rows.reduce((sum, [, count]) => sum + count, 0) : whole;
}
