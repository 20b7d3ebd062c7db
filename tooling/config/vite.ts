import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultClientConditions, type InlineConfig, type Plugin } from "vite";

/** Of the packages' sources, `name.browser.ts` in place of `name.ts`, as their builds take it. */
export const browserFiles: Plugin = {
	name: "files for browsers",
	enforce: "pre",
	resolveId(path, from) {
		if (!from || !/^\.{1,2}\/.*\.ts$/.test(path)) return undefined;
		const own = join(dirname(from), path.replace(/\.ts$/, ".browser.ts"));
		return existsSync(own) ? own : undefined;
	},
};

/** What a page needs that is built from the packages' sources, before any package is. */
export const fromSources = {
	resolve: { conditions: ["@drum/source", ...defaultClientConditions] },
	worker: { format: "es", plugins: () => [browserFiles] },
} as const satisfies InlineConfig;
