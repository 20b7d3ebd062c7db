/** Where a model can run in a browser. `"cpu"` is WebAssembly too, so that one program does for browsers and Node.js. */
export const DEVICES = ["wasm", "cpu", "webgpu"] as const;

/** What to take in place of what only Node.js has. */
export const INSTEAD = 'In a browser "webgpu" is the graphics processor, whatever its maker';
