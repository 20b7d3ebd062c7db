import { readFile } from "node:fs/promises";
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

/** A page's worker by the name that it has in the package: see src/runtime/start-host.browser.ts. */
const workersBeside: Plugin = {
	name: "workers beside",
	setup({ onLoad }) {
		onLoad({ filter: /[\\/]start-host\.browser\.ts$/ }, async ({ path }) => {
			const source = await readFile(path, "utf8");
			return { contents: source.replace(/"\.\/(session-worker-\w+)\.ts"/g, '"./runtime/$1.js"'), loader: "ts" };
		});
	},
};

const WORKERS = ["wasm", "jspi", "webgpu"].map((build) => `src/runtime/session-worker-${build}.ts`);

export default buildForBrowsersToo(["src/index.ts"], { esbuildPlugins: [workerAsCode, workersBeside] }, [
	"src/index.ts",
	...WORKERS,
]);
