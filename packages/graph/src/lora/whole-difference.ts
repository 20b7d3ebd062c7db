import type { Kronecker, LowRank } from "@drum/formats";
import { mul } from "../ops/elementwise.ts";
import { matmul } from "../ops/linalg.ts";
import { reshape, transpose } from "../ops/shape.ts";
import { known, product, type Value } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";
import { kroneckerFactors, ownRows } from "./kronecker-factors.ts";

/** `[out, in, taps]`; a linear layer has one tap. */
type Extents = readonly [out: number, width: number, taps: number];

/** `ΔW` itself, of which norms are taken: a run never makes it. */
export function wholeDifference(
	lora: LayerLora,
	module: LowRank | Kronecker,
	[out, width, taps]: Extents,
	spatial: readonly number[],
): Value {
	if (module.kind === "low-rank") {
		const { mid, down } = module;
		const [first, last] = [down.dims[0]!, (mid ?? down).dims[0]!];
		const factor = (what: "up" | "down", dims: readonly number[]) => lora.factor(what, module[what], dims, "float32");
		const between = mid && lora.factor("mid", mid, [last, first, ...spatial], "float32");
		const narrow = factor("down", between ? [first, width] : [first, width, ...spatial]);
		return multiplied([factor("up", [out, last]), ...(between ? [between] : []), narrow], [out, width, taps]);
	}
	const { w1, w2, dims } = kroneckerFactors(lora, module, "float32", spatial);
	const [l, m] = [known(w1, 0), known(w1, 1)];
	const [k, n] = [dims[0] / l, dims[1] / m];
	const second = reshape(multiplied(w2, [k, n, taps]), [1, k, 1, n, taps]);
	return ownRows(module, reshape(mul(reshape(w1, [l, 1, m, 1, 1]), second), [dims[0], width, taps]), 0);
}

/** The product of one, two or three factors, of which the last but one, or the last, has the taps. */
function multiplied(factors: readonly Value[], [out, width, taps]: Extents): Value {
	const [first, second, third] = factors as [Value, Value?, Value?];
	if (!second) return reshape(first, [out, width, taps]);
	const left = reshape(first, [out, known(second, 0)]);
	if (!third) return reshape(matmul(left, reshape(second, [known(second, 0), width * taps])), [out, width, taps]);
	const rank = known(third, 0);
	const tapped = reshape(matmul(left, reshape(second, [known(second, 0), rank * taps])), [out, rank, taps]);
	const rows = reshape(transpose(tapped, [0, 2, 1]), [product([out, taps]), rank]);
	return transpose(reshape(matmul(rows, reshape(third, [rank, width])), [out, taps, width]), [0, 2, 1]);
}
