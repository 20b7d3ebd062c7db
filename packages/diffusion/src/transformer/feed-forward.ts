import { geluTanh, known, linear, type Value, type Weights } from "@drum/graph";

/** diffusers' `FeedForward` with `gelu-approximate`: four times the width, and back. */
export function feedForward(w: Weights, x: Value): Value {
	const width = known(x, -1);
	return linear(w.at("net", 2), geluTanh(linear(w.at("net", 0, "proj"), x, 4 * width)), width);
}
