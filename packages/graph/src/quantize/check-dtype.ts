import { ArgumentError, shown } from "@drum/tensor";
import { WEIGHT_DTYPES, type WeightDtype } from "./formats.ts";

/** @throws ArgumentError for what weights cannot be held as; in a browser DeviceError for int8 and int4 */
export function checkDtype(dtype: WeightDtype): void {
	if (WEIGHT_DTYPES.includes(dtype)) return;
	throw new ArgumentError({ what: "dtype", expected: `one of ${WEIGHT_DTYPES.join(", ")}`, found: shown(dtype) });
}
