import { checkNames } from "@drum/tensor";
import type { WeightSource } from "../weight-source.ts";
import { checkDtype } from "./check-dtype.ts";
import { QUANTIZE_OPTIONS, type QuantizeOptions } from "./quantize-options.ts";

/** The checkpoint as it is: a browser quantises nothing. @throws as `checkDtype`; ArgumentError for an option that there is not */
export async function quantize(weights: WeightSource, options: QuantizeOptions): Promise<WeightSource> {
	checkNames("quantize", options, QUANTIZE_OPTIONS);
	checkDtype(options.dtype ?? "auto");
	return weights;
}
