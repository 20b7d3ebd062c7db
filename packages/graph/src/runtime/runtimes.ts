import { DeviceError } from "@drum/tensor";
import type { Device } from "../device.ts";
import { Runtime } from "./runtime.ts";
import { startHost } from "./start-host.ts";
import { workerKind } from "./worker-kind.ts";

const runtimes = new Map<string, Runtime>();
let apart = false;

/** The worker that serves a device: one for all in Node.js, in a browser one for each build of ONNX Runtime. */
export function runtimeOf(device: Device): Runtime {
	const kind = workerKind(device);
	const known = runtimes.get(kind);
	if (known) return known;
	const runtime = new Runtime((listener) => startHost(listener, { kind, apart }));
	runtimes.set(kind, runtime);
	return runtime;
}

/**
 * Runs ONNX Runtime in a separate process. `endRuntime` can end it in the middle of a run, and if it crashes, this process goes on. Results
 * take about a millisecond a megabyte longer to come back. In a browser, ONNX Runtime can be ended without this.
 * @throws DeviceError once a model was loaded in this process.
 */
export function setRuntimeApart(): void {
	if (!apart && [...runtimes.values()].some(({ stays }) => stays)) {
		throw new DeviceError({
			what: "setRuntimeApart",
			expected: "a call before the first model is loaded",
			found: "ONNX Runtime at work in this process",
		});
	}
	apart = true;
}

/**
 * Ends ONNX Runtime's process, if it is set apart, or its workers in a browser: what runs there is a DeviceError for its caller, and models
 * are loaded again when they are next used.
 */
export function endRuntime(): void {
	for (const runtime of runtimes.values()) runtime.end();
}

let sessions = 0;

/** A number that no session has. */
export function newSession(): number {
	return sessions++;
}
