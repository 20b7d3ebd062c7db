import { add, div, mul, sqrt, where } from "../ops/elementwise.ts";
import { reshape } from "../ops/shape.ts";
import type { Value } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";

/**
 * DoRA's factor of each output, or of each input: its magnitude over the norm of `W + s · ΔW`, whose square is
 * `‖W‖² + 2s⟨W, ΔW⟩ + s²‖ΔW‖²`, so that the scale stays an input. At a scale of 0 it is 1: the LoRA is off. `[out]` or `[in]`;
 * null for a LoRA without magnitudes, or one whose magnitudes are for the layer's other side.
 *
 * PEFT keeps the magnitude at a scale of 0, where diffusers' users turn a LoRA off by naming it no more.
 */
export function magnitudeFactor(
	lora: LayerLora,
	side: "outputs" | "inputs",
	extent: number,
	like: Value,
): Value | null {
	const { module, norms } = lora;
	const magnitude = "magnitude" in module ? module.magnitude : undefined;
	if (!magnitude || sideOf(magnitude.dims) !== side) return null;
	const { graph, type } = like;
	const dims = side === "inputs" ? [1, extent] : [extent];
	const key = `magnitude ${lora.number} ${module.path} ${type}`;
	return lora.once(key, () => {
		const magnitudes = reshape(lora.factor("magnitude", magnitude, dims, "float32"), [extent]);
		// A graph that is only checked has none.
		const constant = (values: Float32Array | undefined) =>
			graph.constant(values ?? new Float32Array(extent).fill(1), [extent], "float32");
		const scale = lora.scale("float32", false);
		const linear = add(mul(constant(norms?.added), scale), constant(norms?.between));
		const squares = add(mul(linear, scale), constant(norms?.own));
		const factor = div(magnitudes, sqrt(squares));
		const isOff = graph.node("Equal", [scale, graph.scalar(0, "float32")], { dims: [1], type: "bool" });
		const ones = graph.constant(new Float32Array(extent).fill(1), [extent], "float32");
		return graph.cast(where(isOff, ones, factor), type);
	});
}

/**
 * The input of each LoRA's branch: the layer's input times the input magnitudes of this LoRA and of those after it. The layer itself gets the
 * same input as the first.
 */
export function adaptedInputs(
	loras: readonly LayerLora[],
	x: Value,
	width: number,
	times: (x: Value, factor: Value) => Value,
): Value[] {
	const inputs: Value[] = [];
	for (const lora of loras.toReversed()) {
		const factor = magnitudeFactor(lora, "inputs", width, x);
		x = factor ? times(x, factor) : x;
		inputs.unshift(x);
	}
	return inputs;
}

/** Magnitudes `[1, in]` are of the inputs, others of the outputs. */
export function sideOf(dims: readonly number[]): "outputs" | "inputs" {
	const [first, second = 1] = dims;
	return first === 1 && second > 1 ? "inputs" : "outputs";
}
