import { float32, type Tensor } from "@drum/tensor";
import type { AdapterOutput } from "./adapter.ts";

/**
 * A condition led away from what is disliked, for a call that is drawn against nothing: c + A(target) − A(target, dislikes). The step is
 * the way that equation 2 goes from the prompt towards the dislikes at α⁻, backwards: no longer than between two conditions that the
 * adapter knows. Not in the paper.
 * @param condition where it starts
 * @param plain the adapter's output of the same prompts at α = 0
 * @param disliked the same at α⁻
 */
export function awayFrom(condition: AdapterOutput, plain: AdapterOutput, disliked: AdapterOutput): AdapterOutput {
	return {
		hidden: step(condition.hidden, plain.hidden, disliked.hidden),
		classRows: condition.classRows && step(condition.classRows, plain.classRows!, disliked.classRows!),
	};
}

function step(from: Tensor<"float32">, plain: Tensor<"float32">, disliked: Tensor<"float32">): Tensor<"float32"> {
	return float32(
		from.data.map((value, i) => value + plain.data[i]! - disliked.data[i]!),
		from.dims,
	);
}
