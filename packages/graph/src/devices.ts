/** Where a model can run. CPU and WebGPU come with ONNX Runtime; CUDA is fetched when it is installed; the others depend on the system. */
export const DEVICES = ["cpu", "cuda", "webgpu", "dml", "coreml"] as const;

/** What to take in place of what only browsers have. */
export const INSTEAD = 'In Node.js "cpu" is what "wasm" is in a browser';
