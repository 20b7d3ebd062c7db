import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defaultClientConditions, defineConfig } from "vite";

/** Where the service answers while the page is developed; `vite apps/demo/page` serves the page beside it. */
const server = process.env.DRUM_SERVER ?? "http://127.0.0.1:3000";

export default defineConfig({
	root: fileURLToPath(new URL(".", import.meta.url)),
	// Addresses are relative: a proxy may serve the page under a path of its own.
	base: "./",
	plugins: [svelte()],
	worker: { format: "es" },
	// The page of a fresh clone is built before any package is.
	resolve: { conditions: ["@drum/source", ...defaultClientConditions] },
	// Every script, style and font is a file of its own: the service's Content-Security-Policy allows no others.
	build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
	server: { proxy: { "/api": server } },
});
