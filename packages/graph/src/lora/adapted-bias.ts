import { rowsOf } from "@drum/tensor";
import { add, mul } from "../ops/elementwise.ts";
import type { Value, ValueType } from "../value.ts";
import type { LayerLora } from "./graph-loras.ts";

/** Some of a layer's bias, or its zeros, with what LoRAs add to it. */
export function adaptedBias(
	loras: readonly LayerLora[],
	bias: Value | null,
	[from, count]: readonly [from: number, count: number],
	type: ValueType,
): Value | null {
	let sum = bias ? bias.graph.cast(bias, type) : null;
	for (const lora of loras) {
		const place = "bias" in lora.module ? lora.module.bias : undefined;
		if (!place) continue;
		if (from + count > place.dims[0]!) lora.refuse("bias", `at least ${from + count} numbers`, `${place.dims[0]}`);
		const own = lora.factor(`bias.${from}`, rowsOf(place, from, count), [count], type);
		const scaled = mul(own, lora.scale(type));
		sum = sum ? add(sum, scaled) : scaled;
	}
	return sum;
}
