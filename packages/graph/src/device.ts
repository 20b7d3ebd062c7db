import { DeviceError, shown } from "@drum/tensor";

/** Where a model runs. CPU and WebGPU come with ONNX Runtime; CUDA is fetched when it is installed; the others depend on the system. */
export const DEVICES = ["cpu", "cuda", "webgpu", "dml", "coreml"] as const;
export type Device = (typeof DEVICES)[number];

/** @throws DeviceError that lists the devices. */
export function checkDeviceName(device: Device): void {
	if (DEVICES.includes(device)) return;
	throw new DeviceError({ what: "device", expected: `one of ${DEVICES.join(", ")}`, found: shown(device) });
}
