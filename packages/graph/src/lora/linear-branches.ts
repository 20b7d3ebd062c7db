import type { Difference, Kronecker, LowRank } from "@drum/formats";
import { rowsOf } from "@drum/tensor";
import { add, mul } from "../ops/elementwise.ts";
import { affine, matmul } from "../ops/linalg.ts";
import { reshape, split } from "../ops/shape.ts";
import { known, type Value } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";
import { countRows, kroneckerFactors, ownRows } from "./kronecker-factors.ts";

/** What a LoRA adds to the rows of a linear layer, for one of its equal parts: onto `sum`, or alone. */
export type LinearBranch = (sum: Value | null, part: number) => Value | null;

/** `x` `[rows, in]` or with more axes in front; `out` is the width of all parts. */
export function linearBranch(lora: LayerLora, x: Value, out: number, parts: number): LinearBranch {
	const { module } = lora;
	switch (module.kind) {
		case "low-rank":
			return lowRank(lora, module, x, out, parts);
		case "kronecker":
			return kronecker(lora, module, x, out, parts);
		case "difference":
			return difference(lora, module, x, out, parts);
	}
}

/** The scale is put on the narrow product, and the sum is where the last product begins: no pass over the wide result. */
function lowRank(lora: LayerLora, { down, mid, up }: LowRank, x: Value, out: number, parts: number): LinearBranch {
	const rank = down.dims[0]!;
	const narrow = lora.factor("down", down, [rank, known(x, -1)], x.type);
	const between = mid && lora.factor("mid", mid, [mid.dims[0]!, rank], x.type);
	// Layers that a file joins have one such product.
	const scale = lora.scale(x.type);
	const hidden = lora.once([x, narrow, between, scale].map((value) => value?.name).join(), () => {
		const product = affine(x, narrow, null);
		return mul(between ? affine(product, between, null) : product, scale);
	});
	const dims = [out, between ? mid!.dims[0]! : rank];
	lora.check("up", up, dims);
	return (sum, part) => {
		const rows = out / parts;
		const wide = lora.factor(`up.${part}`, rowsOf(up, part * rows, rows), [rows, dims[1]!], x.type);
		return affine(hidden, wide, sum);
	};
}

/** `x · (w1 ⊗ w2)ᵀ` is the product of `w1`, `x` as a matrix, and `w2`: the large matrix is never made. */
function kronecker(lora: LayerLora, module: Kronecker, x: Value, out: number, parts: number): LinearBranch {
	const { w1, w2, dims } = kroneckerFactors(lora, module, x.type, []);
	lora.checkDims([countRows(module, dims[0]), dims[1]], [out, known(x, -1)]);
	const lead = x.dims.slice(0, -1);
	const squares = reshape(x, [...lead, known(w1, 1), dims[1] / known(w1, 1)]);
	const inner = w2.toReversed().reduce((value, factor) => affine(value, factor, null), squares);
	const product = matmul(mul(w1, lora.scale(x.type)), inner);
	const own = ownRows(module, reshape(product, [...lead, dims[0]]), -1);
	const values = parts === 1 ? [own] : split(own, parts, -1);
	return (sum, part) => (sum ? add(values[part]!, sum) : values[part]!);
}

function difference(lora: LayerLora, { weight }: Difference, x: Value, out: number, parts: number): LinearBranch {
	if (!weight) return (sum) => sum;
	const width = known(x, -1);
	lora.check("weight", weight, [out, width]);
	const scale = lora.scale(x.type);
	const scaled = lora.once(`${x.name},${scale.name}`, () => mul(x, scale));
	const rows = out / parts;
	return (sum, part) => {
		const matrix = lora.factor(`weight.${part}`, rowsOf(weight, part * rows, rows), [rows, width], x.type);
		return affine(scaled, matrix, sum);
	};
}
