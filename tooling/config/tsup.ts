import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { build as esbuild } from "esbuild";
import type { Options } from "tsup";
import { browserFile, OWN_FILE } from "./browser-file.ts";

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
 * The same, and into `dist/browser` once more for browsers, a file for each module: what a package's exports name under the condition
 * `browser`. So a bundler can leave out modules that nothing needs, and put those that are needed late into files of their own. Where a
 * file `name.browser.ts` lies beside `name.ts`, it is taken in its place. `browserEntry` leaves out entries that are for Node.js alone.
 */
export function buildForBrowsersToo(
	entry: readonly string[],
	more: Options = {},
	browserEntry: readonly string[] = entry,
): () => Promise<Options[]> {
	return async () => [
		build(entry, { ...more, clean: ["!browser/**"] }),
		build([], {
			entry: await modulesFrom(browserEntry),
			outDir: "dist/browser",
			platform: "browser",
			target: "es2023",
			dts: false,
			splitting: false,
			treeshake: false,
			esbuildPlugins: [modulesApart],
		}),
	];
}

/** All modules that a browser's entries lead to, by their names in `dist/browser`. */
async function modulesFrom(entry: readonly string[]): Promise<Record<string, string>> {
	const { metafile } = await esbuild({
		...{ entryPoints: [...entry], outdir: "dist", bundle: true, format: "esm", platform: "browser" },
		...{ packages: "external", external: ["*.json"], plugins: [browserFiles], metafile: true, write: false },
	});
	return Object.fromEntries(Object.keys(metafile.inputs).map((path) => [moduleName(path), path]));
}

/** `src/folder/name.browser.ts` → `folder/name` */
function moduleName(path: string): string {
	return path.replace(/^src\//, "").replace(/(\.browser)?\.ts$/, "");
}

/** Leaves each import of a module's neighbours as it is, by the name that it has in `dist/browser`. */
const modulesApart: Plugin = {
	name: "modules apart",
	setup({ onResolve, onLoad }) {
		onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir, kind }) => {
			// What is taken in of a package that is not depended on stays inside.
			if (kind === "entry-point" || relative("src", resolveDir).startsWith("..")) return undefined;
			if (path.endsWith(".ts")) return { path: `${moduleName(path)}.js`, external: true };
			const from = join("dist/browser", relative("src", resolveDir));
			return { path: relative(from, join(resolveDir, path)).split(sep).join("/"), external: true };
		});
		// A worker's place.
		onLoad({ filter: /\.browser\.ts$/ }, async ({ path }) => {
			const source = await readFile(path, "utf8");
			return { contents: source.replace(/(new URL\("\.\/[^"]+)\.ts"/g, '$1.js"'), loader: "ts" };
		});
	},
};

/** Takes `name.browser.ts` in place of `name.ts`. */
export const browserFiles: Plugin = {
	name: "files for browsers",
	setup({ onResolve }) {
		onResolve({ filter: OWN_FILE }, ({ path, resolveDir }) => {
			const own = browserFile(path, resolveDir);
			return own === undefined ? undefined : { path: own };
		});
	},
};
