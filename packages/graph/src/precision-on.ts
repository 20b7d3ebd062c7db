import { type CheckpointTensor, storedParts } from "@drum/tensor";
import { triedOn } from "./check-device.ts";
import { type Device, isProcessor } from "./device.ts";
import type { WeightDtype } from "./quantize/formats.ts";

/**
 * Weights that a file has in half precision or less, as one of them tells, are computed with in half precision on a device whose trial
 * found that it can, unless `dtype` says otherwise, and in float32 elsewhere. Before its trial a device is taken for one that can:
 * sessions wait for that, see `checkDevice`.
 */
export function precisionOn(
	device: Device,
	weight: CheckpointTensor | undefined,
	dtype?: WeightDtype,
): "float32" | "float16" {
	const [stored] = weight ? storedParts(weight) : [];
	if (isProcessor(device) || dtype === "float32" || !stored || !/float(16|8)/.test(stored.type)) return "float32";
	return triedOn(device)?.float16 === false ? "float32" : "float16";
}
