import { DeviceError } from "@drum/tensor";
import type { Device } from "./device.ts";
import { inArchive, NotStarted, startError } from "./onnx-runtime.ts";
import { runtime } from "./runtime.ts";

/** What to tell of a graph that ONNX Runtime did not load. */
export function loadError(cause: Error, name: string, device: Device, folder: string): DeviceError {
	if (cause instanceof NotStarted) return startError(cause, runtime.path);
	return new DeviceError({
		what: `${name} could not be loaded on ${device}`,
		found: cause.message,
		next: next(device, folder),
		cause,
	});
}

/** What to tell of a run that failed: what the device has too little of, or cannot do, only a run shows. */
export function runError(cause: Error, name: string, device: Device): DeviceError {
	const found = cause.message;
	if (device === "cpu") return new DeviceError({ what: `${name} failed`, found, cause });
	const advice = 'Take a smaller picture or device "cpu", and tell us what was found';
	return new DeviceError({ what: `${name} failed on ${device}`, found, next: advice, cause });
}

function next(device: Device, folder: string): string {
	if (inArchive(folder)) return `ONNX Runtime reads weights itself, and cannot inside an archive: unpack ${folder}`;
	if (device !== "cpu") return 'Use device "cpu", or install what the device needs';
	return "Check that the checkpoint's files are whole";
}
