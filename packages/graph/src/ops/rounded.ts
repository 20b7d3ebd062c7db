import type { Value } from "../value.ts";
import { lastOf } from "./channels-last.ts";
import { mul } from "./elementwise.ts";
import { transpose } from "./shape.ts";

/** A value in 8 bits: `(codes − zero) · scale`. */
export interface Rounded {
	readonly codes: Value;
	readonly scale: Value;
	readonly zero: Value;
}

/** What several layers take is rounded once. */
const rows = new WeakMap<Value, Rounded>();
const wholes = new WeakMap<Value, Rounded>();
const pictures = new WeakMap<Value, Rounded>();

/** Each row of `x` in 8 bits of its own range, so that a token of large numbers costs the others nothing. */
export function rowCodes(x: Value): Rounded {
	return once(rows, x, () => {
		const { graph } = x;
		const dims = [...x.dims.slice(0, -1), 1];
		const magnitudes = graph.node("Abs", [x], { dims: x.dims });
		const most = graph.node("ReduceMax", [magnitudes, graph.integers([-1])], { dims }, { keepdims: { int: 1 } });
		// A row of zeros has some scale.
		const scale = mul(graph.node("Max", [most, graph.scalar(1e-30)], { dims }), 1 / 127);
		const zero = graph.whileLoading(() =>
			graph.node("Cast", [graph.scalar(128)], { dims: [], type: "uint8" }, { to: { type: "uint8" } }),
		);
		const units = graph.node("Div", [x, scale], { dims: x.dims });
		const codes = graph.node("QuantizeLinear", [units, graph.scalar(1), zero], { dims: x.dims, type: "uint8" });
		return { codes, scale, zero };
	});
}

/** The whole of `x` in 8 bits of one range, from the least to the most and with zero. */
function wholeCodes(x: Value): Rounded {
	return once(wholes, x, () => {
		const results = [{ dims: x.dims, type: "uint8" }, { dims: [] }, { dims: [], type: "uint8" }] as const;
		const [codes, scale, zero] = x.graph.nodes("DynamicQuantizeLinear", [x], results);
		return { codes: codes!, scale: scale!, zero: zero! };
	});
}

/** As `wholeCodes`, of a picture `[batch, channels, height, width]` with the channels last: `[batch, height, width, channels]`. */
export function pixelCodes(x: Value): Rounded {
	const last = lastOf(x);
	if (last) return wholeCodes(last);
	return once(pictures, x, () => {
		const own = wholeCodes(x);
		return { ...own, codes: transpose(own.codes, [0, 2, 3, 1]) };
	});
}

function once(made: WeakMap<Value, Rounded>, x: Value, make: () => Rounded): Rounded {
	const found = made.get(x) ?? make();
	made.set(x, found);
	return found;
}
