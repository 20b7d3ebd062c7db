import type { WeightSource } from "../weight-source.ts";
import { checkDtype } from "./check-dtype.ts";
import type { QuantizeOptions } from "./quantize-options.ts";

/** The checkpoint as it is: a browser quantises nothing. @throws as `checkDtype` */
export async function quantize(weights: WeightSource, { dtype = "auto" }: QuantizeOptions): Promise<WeightSource> {
	checkDtype(dtype);
	return weights;
}
