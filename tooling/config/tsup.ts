import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "tsup";

type Plugin = NonNullable<Options["esbuildPlugins"]>[number];

/** Every package is built alike: ESM and types, one file per entry, dependencies left outside. */
export function build(entry: readonly string[], more: Options = {}): Options {
	return {
		entry: [...entry],
		format: "esm",
		target: "node22",
		dts: true,
		clean: true,
		sourcemap: true,
		treeshake: true,
		tsconfig: new URL("./tsconfig.build.json", import.meta.url).pathname,
		...more,
	};
}

/**
 * The same, and into `dist/browser` once more for browsers: what a package's exports name under the condition `browser`. Where a file
 * `name.browser.ts` lies beside `name.ts`, it is taken in its place. `browserEntry` leaves out entries that are for Node.js alone.
 */
export function buildForBrowsersToo(
	entry: readonly string[],
	more: Options = {},
	browserEntry: readonly string[] = entry,
): Options[] {
	const { esbuildPlugins = [], ...others } = more;
	return [
		build(entry, { ...more, clean: ["!browser/**"] }),
		build(browserEntry, {
			...others,
			outDir: "dist/browser",
			platform: "browser",
			target: "es2023",
			dts: false,
			esbuildPlugins: [browserFiles, ...esbuildPlugins],
		}),
	];
}

/** Takes `name.browser.ts` in place of `name.ts`. */
export const browserFiles: Plugin = {
	name: "files for browsers",
	setup({ onResolve }) {
		onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
			const own = join(resolveDir, path.replace(/\.ts$/, ".browser.ts"));
			return existsSync(own) ? { path: own } : undefined;
		});
	},
};
