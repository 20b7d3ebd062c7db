import { DeviceError } from "@drum/tensor";
import { type Device, isProcessor } from "../device.ts";
import type { NotStarted } from "./host.ts";
import type { Weights } from "./session-protocol.ts";

const BROWSERS = "https://github.com/drum-js/drum/blob/main/docs/browser.md";

/** What to tell of a runtime that did not start. */
export function startError({ message, cause }: NotStarted): DeviceError {
	return new DeviceError({
		what: "ONNX Runtime could not be started",
		found: message,
		next: `See that the page's server has its worker and its .wasm, or say where they lie with setRuntimeFiles (${BROWSERS})`,
		cause,
	});
}

/** What to do where a model was not loaded. */
export function adviceOn(device: Device, _: Weights | undefined): string {
	if (isProcessor(device))
		return "WebAssembly has 4 GB of memory at most, and holds weights in float32: take a smaller model, or check that its files are whole";
	return 'Use device "wasm", or a browser that has WebGPU on this machine';
}
