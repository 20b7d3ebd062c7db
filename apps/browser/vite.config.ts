import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";
import { offline } from "./offline/plugin.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Of the packages' sources, `name.browser.ts` in place of `name.ts`, as their builds take it. */
const browserFiles: Plugin = {
	name: "files for browsers",
	enforce: "pre",
	resolveId(path, from) {
		if (!from || !/^\.{1,2}\/.*\.ts$/.test(path)) return undefined;
		const own = join(dirname(from), path.replace(/\.ts$/, ".browser.ts"));
		return existsSync(own) ? own : undefined;
	},
};

/** What the demo's page has beside its code. */
const demoFiles: Plugin = {
	name: "files of the demo's page",
	apply: "build",
	writeBundle: ({ dir }) => cp(here("../demo/page/public"), dir!, { recursive: true }),
};

export default defineConfig({
	root: here("."),
	// Addresses are relative: the folder works under any path of any static host.
	base: "./",
	plugins: [browserFiles, svelte(), demoFiles, offline(here("offline/worker.ts"))],
	worker: { format: "es", plugins: () => [browserFiles] },
	// The page of a fresh clone is built before any package is.
	resolve: { conditions: ["@drum/source", ...defaultClientConditions] },
	build: {
		outDir: "dist",
		emptyOutDir: true,
		assetsInlineLimit: 0,
		modulePreload: false,
		target: "es2024",
	},
});
