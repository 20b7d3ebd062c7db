import { float32, type Tensor } from "@drum/tensor";
import type { AdapterOutput } from "./adapter.ts";

/**
 * Moves a condition away from the dislikes, for a call without guidance: c + A(target) − A(target, dislikes). This is the step of equation 2
 * from the prompt towards the dislikes at α⁻, with the opposite sign. So it is never longer than the distance between two of the adapter's
 * own conditions. Not in the paper.
 * @param condition the condition c to move
 * @param plain the adapter's output A(target) for the same prompts at α = 0
 * @param disliked the adapter's output A(target, dislikes) at α⁻
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
