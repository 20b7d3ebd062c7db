import { turned } from "./ops/channels-last.ts";
import { add, mul, sub } from "./ops/elementwise.ts";
import { reduceSum } from "./ops/reduce.ts";
import { concat, reshape } from "./ops/shape.ts";
import type { Value } from "./value.ts";

/** How far a layer with quantised weights is from itself as it is stored, given the same inputs. */
export interface LayerError {
	/** Its place in the checkpoint, such as `"down_blocks.0.resnets.0.conv1"`. */
	readonly layer: string;
	/** How many weights it has. */
	readonly weights: number;
	/** The size of all differences of its results, in that of the results: 0.01 is one per cent. */
	readonly error: number;
}

/** The output, of graphs that compare layers, which `Session` takes out and tells. */
export const LAYER_ERRORS = "layer errors";

/** The layers of a graph that are computed twice. */
export class Comparisons {
	readonly tell: (errors: readonly LayerError[]) => void;
	/** By layer; sums are the squares of its differences and of its results, `[2]`. */
	readonly #layers = new Map<string, { weights: number; sums: Value }>();

	constructor(tell: (errors: readonly LayerError[]) => void) {
		this.tell = tell;
	}

	/** Notes a layer's results, by its weights as they are stored and by the rounded ones; one that is used again counts on. */
	add(layer: string, weights: number, stored: readonly Value[], rounded: readonly Value[]): void {
		for (const [i, value] of stored.entries()) {
			// The other one is transposed, so that the stored one keeps the layout that it has without this comparison.
			const sums = concat([squares(sub(value, turned(rounded[i]!))), squares(value)], 0);
			const before = this.#layers.get(layer);
			this.#layers.set(layer, { weights, sums: before ? add(before.sums, sums) : sums });
		}
	}

	/** `[2 · layers]`, by its name. */
	outputs(): Record<string, Value> {
		const sums = Array.from(this.#layers.values(), (layer) => layer.sums);
		return { [LAYER_ERRORS]: concat(sums, 0) };
	}

	/** What such an output says. */
	errorsOf(sums: Float32Array): LayerError[] {
		return [...this.#layers].map(([layer, { weights }], i) => {
			const [differences, results] = [sums[2 * i]!, sums[2 * i + 1]!];
			return { layer, weights, error: results === 0 ? 0 : Math.sqrt(differences / results) };
		});
	}
}

/** The sum of all squares, `[1]`. */
function squares(x: Value): Value {
	return reshape(reduceSum(mul(x, x), [...x.dims.keys()]), [1]);
}
