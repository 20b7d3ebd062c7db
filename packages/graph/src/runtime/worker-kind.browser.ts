import type { Device } from "../device.ts";
import type { WorkerKind } from "./worker-kind.ts";

/**
 * WebAssembly alone has the smallest build, and the fastest on a processor. Of the two with WebGPU the one that uses JavaScript Promise
 * Integration is smaller and reads weights as it needs them, where the browser has that.
 */
export function workerKind(device: Device): Exclude<WorkerKind, "node"> {
	if (device !== "webgpu") return "wasm";
	const { WebAssembly } = globalThis as { WebAssembly?: object };
	return WebAssembly && "Suspending" in WebAssembly ? "jspi" : "webgpu";
}

/** Whether ONNX Runtime itself reads weights from a `Blob`, a stretch at a time. */
export function readsBlobs(device: Device): boolean {
	return workerKind(device) === "jspi";
}
