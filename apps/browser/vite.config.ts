import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { browserFiles, fromSources } from "@drum/config/vite";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import { offline } from "./offline/plugin.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** What the demo's page has besides its code. */
const demoFiles: Plugin = {
	name: "files of the demo's page",
	apply: "build",
	// Vite does not know these files, and leaves their addresses as they are.
	transformIndexHtml: { order: "post", handler: (html) => html.replaceAll(/(href|src)="\//g, '$1="./') },
	writeBundle: ({ dir }) => cp(here("../demo/page/public"), dir!, { recursive: true }),
};

export default defineConfig({
	root: here("."),
	// Addresses are relative: the folder works under any path of any static host.
	base: "./",
	plugins: [browserFiles, svelte(), demoFiles, offline(here("offline/worker.ts"))],
	// The page of a fresh clone is built before any package is.
	...fromSources,
	build: {
		outDir: "dist",
		emptyOutDir: true,
		assetsInlineLimit: 0,
		modulePreload: false,
		target: "es2024",
	},
});
