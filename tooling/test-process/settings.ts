import { fileURLToPath } from "node:url";

const { NODE_OPTIONS = "" } = process.env;
const CHEAP_PROCESS = new URL("cheap-process.ts", import.meta.url);

/** How Node.js runs the repository's own TypeScript, without a loader: that takes a second of each process. */
export const TYPESCRIPT: readonly string[] = [
	"--conditions=@drum/source",
	"--experimental-strip-types",
	"--no-warnings",
];

/**
 * The environment of tests that share a machine, and of the processes that they start. Each model runs in one thread: with
 * two, on two cores, ONNX Runtime's threads wait for each other spinning, and whole runs take nearly twice the processor's
 * time. Nor is WebAssembly compiled twice. What V8 has compiled of JavaScript is kept for the next process.
 */
export const CHEAP = {
	NODE_OPTIONS: `${NODE_OPTIONS} --import=${CHEAP_PROCESS}`.trim(),
	NODE_COMPILE_CACHE: fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url)),
};
