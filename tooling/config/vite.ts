import { dirname } from "node:path";
import { defaultClientConditions, type InlineConfig, type Plugin } from "vite";
import { browserFile, OWN_FILE } from "./browser-file.ts";

/** Of the packages' sources, `name.browser.ts` in place of `name.ts`, as their builds take it. */
export const browserFiles: Plugin = {
	name: "files for browsers",
	enforce: "pre",
	resolveId(path, from) {
		return from && OWN_FILE.test(path) ? browserFile(path, dirname(from)) : undefined;
	},
};

/** What a page needs that is built from the packages' sources, before any package is. */
export const fromSources = {
	resolve: { conditions: ["@drum/source", ...defaultClientConditions] },
	worker: { format: "es", plugins: () => [browserFiles] },
} as const satisfies InlineConfig;
