import { DeviceError } from "@drum/tensor";

/** @throws DeviceError where models cannot run: in a browser without WebAssembly or module workers, or before there is a page. */
export function checkPlatform(): void {
	const missing = ["WebAssembly", "Worker"].find((name) => !(name in globalThis));
	if (missing === undefined) return;
	throw new DeviceError({
		what: "this browser",
		expected: "WebAssembly and workers",
		found: `no ${missing}`,
		next: "Use a current browser, and load models in the page, not while a server renders it",
	});
}

/**
 * Threads of one operator: as many as the machine runs at once where the page may share memory between threads, which its server allows by
 * two headers, else 1.
 */
export function defaultThreads(): number {
	const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
	return crossOriginIsolated ? navigator.hardwareConcurrency : 1;
}
