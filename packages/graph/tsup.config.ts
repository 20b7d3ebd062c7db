import { buildForBrowsersToo } from "@drum/config/tsup";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Puts the worker's code into the package as a string: see src/runtime/worker-code.ts. */
const workerAsCode: Plugin = {
	name: "worker as code",
	setup({ onLoad, esbuild }) {
		onLoad({ filter: /[\\/]worker-code\.ts$/ }, async ({ path }) => {
			const { outputFiles } = await esbuild.build({
				entryPoints: [path.replace("worker-code", "session-worker")],
				bundle: true,
				platform: "node",
				format: "cjs",
				target: "node22",
				write: false,
			});
			return { contents: `export const WORKER = { code: ${JSON.stringify(outputFiles[0]?.text)} };` };
		});
	},
};

const WORKERS = ["wasm", "jspi", "webgpu"].map((build) => `src/runtime/session-worker-${build}.ts`);

export default buildForBrowsersToo(["src/index.ts"], { esbuildPlugins: [workerAsCode] }, ["src/index.ts", ...WORKERS]);
