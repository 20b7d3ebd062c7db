import { add, mul } from "../ops/elementwise.ts";
import { affine } from "../ops/linalg.ts";
import type { QuantizedValue } from "../ops/quantized.ts";
import { reshape, split } from "../ops/shape.ts";
import { known, product, type Value } from "../value.ts";
import { adaptedBias } from "./adapted-bias.ts";
import type { LayerLora } from "./graph-loras.ts";
import { linearBranch } from "./linear-branches.ts";
import { adaptedInputs, magnitudeFactor } from "./magnitude.ts";

/**
 * `affine` for each equal part of a layer's outputs, under LoRAs one after the other, as PEFT has them: each adds to what the layer
 * and those before it give, and one with magnitudes then multiplies that. The layer's bias is outside of all.
 */
export function adaptedAffine(
	loras: readonly LayerLora[],
	x: Value,
	matrices: readonly (Value | QuantizedValue)[],
	biases: readonly (Value | null)[],
): Value[] {
	const { length: parts } = matrices;
	const lead = x.dims.slice(0, -1);
	// Rows whose shape could not be given back stay as they are: see `affine`.
	const isOpen = lead.filter((dim) => typeof dim === "string").length > 1;
	const flat = () => reshape(x, [product(lead), known(x, -1)]);
	const rows = isOpen ? x : loras[0]!.once(`rows ${x.name}`, flat);
	const width = rowsIn(matrices[0]!);
	const inputs = adaptedInputs(loras, rows, known(x, -1), mul);
	const branches = loras.map((lora, i) => linearBranch(lora, inputs[i]!, parts * width, parts));
	const factors = loras.map((lora) => {
		const factor = magnitudeFactor(lora, "outputs", parts * width, x);
		return factor && (parts > 1 ? split(factor, parts, 0) : [factor]);
	});
	const isInside = factors.every((factor) => !factor);
	return matrices.map((matrix, part) => {
		const bias = adaptedBias(loras, biases[part]!, [part * width, width], x.type);
		// A product begins with the sum of what comes before it, so that no pass over a wide result adds them.
		let sum = isInside ? bias : null;
		let isWhole = false;
		for (const [i, branch] of branches.entries()) {
			sum = branch(sum, part);
			const factor = factors[i]?.[part];
			if (!factor) continue;
			if (!isWhole) sum = affine(inputs[0]!, matrix, sum);
			isWhole = true;
			sum = mul(sum!, factor);
		}
		if (!isWhole) sum = affine(inputs[0]!, matrix, sum);
		return reshape(isInside || !bias ? sum! : add(sum!, bias), [...lead, width]);
	});
}

function rowsIn(matrix: Value | QuantizedValue): number {
	return "format" in matrix ? matrix.rows : known(matrix, 0);
}
