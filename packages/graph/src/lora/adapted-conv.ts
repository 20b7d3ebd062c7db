import { add, mul } from "../ops/elementwise.ts";
import type { ChannelValue } from "../ops/quantized.ts";
import { reshape } from "../ops/shape.ts";
import { known, type Value } from "../value.ts";
import { adaptedBias } from "./adapted-bias.ts";
import { convBranch } from "./conv-branches.ts";
import type { LayerLora } from "./graph-loras.ts";
import { adaptedInputs, magnitudeFactor } from "./magnitude.ts";

/** A convolution under LoRAs, in the order that `adaptedAffine` has; `convolve` is the layer's own with any kernel of its extent. */
export function adaptedConv(
	loras: readonly LayerLora[],
	x: Value,
	weight: Value | ChannelValue,
	bias: Value | null,
	convolve: (x: Value, kernel: Value | ChannelValue, bias: Value | null) => Value,
): Value {
	const extents = "format" in weight ? extentsOf(weight) : ([known(weight, 0), known(weight, 2)] as const);
	const inputs = adaptedInputs(loras, x, known(x, 1), timesChannels);
	const factors = loras.map((lora) => magnitudeFactor(lora, "outputs", extents[0], x));
	const isInside = factors.every((factor) => !factor);
	const shift = adaptedBias(loras, bias, [0, extents[0]], x.type);
	let sum = convolve(inputs[0]!, weight, isInside ? shift : null);
	for (const [i, lora] of loras.entries()) {
		const added = convBranch(lora, inputs[i]!, extents, (value, kernel) => convolve(value, kernel, null));
		if (added) sum = add(sum, added);
		const factor = factors[i];
		if (factor) sum = timesChannels(sum, factor);
	}
	return isInside || !shift ? sum : add(sum, perChannel(shift));
}

function extentsOf({ rows, format }: ChannelValue): readonly [out: number, kernel: number] {
	return [rows, Math.sqrt(format.taps)];
}

function timesChannels(x: Value, factor: Value): Value {
	return mul(x, perChannel(factor));
}

function perChannel(vector: Value): Value {
	return reshape(vector, [1, known(vector, 0), 1, 1]);
}
