import type { Device } from "../device.ts";

/** Which worker serves a device, and for browsers: which build of ONNX Runtime it has. */
export type WorkerKind = "node" | "wasm" | "jspi" | "webgpu";

/** The one worker of Node.js serves all devices. */
export function workerKind(_: Device): WorkerKind {
	return "node";
}
