import { ArgumentError, DeviceError, shown } from "@drum/tensor";
import { WEIGHT_DTYPES, type WeightDtype } from "./formats.ts";

/** Nothing is quantised here: quantised weights are made once and mapped from a disk. */
export function checkDtype(dtype: WeightDtype): void {
	if (dtype === "auto" || dtype === "float32") return;
	const failure = { what: "dtype in a browser", expected: "one of auto, float32", found: shown(dtype) };
	if (!WEIGHT_DTYPES.includes(dtype)) throw new ArgumentError(failure);
	const next = "Quantised weights are made once and mapped from a disk, as Node.js has one: leave dtype out here";
	throw new DeviceError({ ...failure, next });
}
