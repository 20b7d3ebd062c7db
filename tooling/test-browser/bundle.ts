import { join } from "node:path";
import { browserFiles } from "@drum/config/tsup";
import { type BuildOptions, build } from "esbuild";

const GRAPH = join(import.meta.dirname, "../../packages/graph/src/runtime");
/** The workers' code, by the names that `setRuntimeFiles` knows. */
const WORKERS = ["wasm", "jspi", "webgpu"].map((kind) => join(GRAPH, `session-worker-${kind}.ts`));

/** The sources of a page and of ONNX Runtime's workers as a browser loads them, by name: `page.js`, `session-worker-wasm.js` and so on. */
export async function bundlePage(entry: string): Promise<Map<string, Uint8Array>> {
	const options: BuildOptions = {
		bundle: true,
		write: false,
		format: "esm",
		platform: "browser",
		target: "es2023",
		conditions: ["@drum/source"],
		plugins: [browserFiles],
		outdir: "/",
		logLevel: "error",
	};
	const built = await Promise.all([
		build({ ...options, entryPoints: { page: entry } }),
		build({ ...options, entryPoints: WORKERS, external: ["*.wasm"] }),
	]);
	return new Map(
		built.flatMap(({ outputFiles }) => (outputFiles ?? []).map(({ path, contents }) => [path.slice(1), contents])),
	);
}
