import { type CheckpointTensor, DeviceError, shown, storedParts } from "@drum/tensor";
import type { WeightDtype } from "./quantize/formats.ts";

/** Where a model runs. CPU and WebGPU come with ONNX Runtime; CUDA is fetched when it is installed; the others depend on the system. */
export const DEVICES = ["cpu", "cuda", "webgpu", "dml", "coreml"] as const;
export type Device = (typeof DEVICES)[number];

/** @throws DeviceError that lists the devices. */
export function checkDeviceName(device: Device): void {
	if (DEVICES.includes(device)) return;
	throw new DeviceError({ what: "device", expected: `one of ${DEVICES.join(", ")}`, found: shown(device) });
}

/**
 * Weights that a file has in half precision or less, as one of them tells, are computed with in half precision on a device that can, unless
 * `dtype` says otherwise, and in float32 on the CPU.
 */
export function precisionOn(
	device: Device,
	weight: CheckpointTensor | undefined,
	dtype?: WeightDtype,
): "float32" | "float16" {
	const [stored] = weight ? storedParts(weight) : [];
	const isHalf = stored !== undefined && /float(16|8)/.test(stored.type);
	return device !== "cpu" && isHalf && dtype !== "float32" ? "float16" : "float32";
}
