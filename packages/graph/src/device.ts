import { DeviceError, shown } from "@drum/tensor";
import { DEVICES, INSTEAD } from "./devices.ts";

/** Where a model runs: `DEVICES` has those that there are here. `"wasm"`, WebAssembly, is a browser's processor. */
export type Device = "cpu" | "wasm" | "cuda" | "webgpu" | "dml" | "coreml";

/** Whether it is the processor itself, which computes in float32 and needs no trial. */
export function isProcessor(device: Device): boolean {
	return device === "cpu" || device === "wasm";
}

/** @throws DeviceError that lists the devices. */
export function checkDeviceName(device: Device): void {
	if ((DEVICES as readonly Device[]).includes(device)) return;
	const isElsewhere = ["cpu", "wasm", "cuda", "webgpu", "dml", "coreml"].includes(device);
	throw new DeviceError({
		what: "device",
		expected: `one of ${DEVICES.join(", ")}`,
		found: shown(device),
		...(isElsewhere && { next: INSTEAD }),
	});
}
