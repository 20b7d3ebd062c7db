import { DeviceError } from "@drum/tensor";
import { type Device, isProcessor } from "../device.ts";
import { NotStarted } from "./host.ts";
import { adviceOn, startError } from "./onnx-runtime.ts";
import type { Weights } from "./session-protocol.ts";

/** What to tell of a graph that ONNX Runtime did not load. */
export function loadError(cause: Error, name: string, device: Device, weights?: Weights): DeviceError {
	if (cause instanceof NotStarted) return startError(cause);
	return new DeviceError({
		what: `${name} could not be loaded on ${device}`,
		found: cause.message,
		next: adviceOn(device, weights),
		cause,
	});
}

/** What to tell of a run that failed: what the device has too little of, or cannot do, only a run shows. */
export function runError(cause: Error, name: string, device: Device): DeviceError {
	const found = cause.message;
	if (isProcessor(device)) return new DeviceError({ what: `${name} failed`, found, cause });
	const advice = 'Take a smaller picture or device "cpu", and tell us what was found';
	return new DeviceError({ what: `${name} failed on ${device}`, found, next: advice, cause });
}
