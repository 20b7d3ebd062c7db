import { checkNames, namesOf } from "@drum/tensor";

/** Where a page gets ONNX Runtime from, where its bundler has not put it next to the page's own code. */
export interface RuntimeFiles {
	/** Folder of ONNX Runtime's `.wasm` files: the `dist` of the package onnxruntime-web. */
	wasm?: string | URL | undefined;
	/** Folder of the workers' code, bundled with onnxruntime-web: `session-worker-wasm.js`, `-jspi.js`, `-webgpu.js`. */
	workers?: string | URL | undefined;
}

const OPTIONS = namesOf<RuntimeFiles>({ wasm: true, workers: true });

export let runtimeFiles: RuntimeFiles = {};

/**
 * Says where a browser finds ONNX Runtime, before the first model is loaded. Without it, it is what Vite, webpack and their kin make of
 * `new URL(..., import.meta.url)`. Node.js has its own, and takes no notice.
 * @throws ArgumentError for options that there are not
 */
export function setRuntimeFiles(files: RuntimeFiles): void {
	checkNames("setRuntimeFiles", files, OPTIONS);
	runtimeFiles = files;
}
