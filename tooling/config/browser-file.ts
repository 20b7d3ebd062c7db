import { existsSync } from "node:fs";
import { join } from "node:path";

/** Imports of a file of the package's own. */
export const OWN_FILE = /^\.{1,2}\/.*\.ts$/;

/** What a browser takes in place of a file that is imported in a folder: `name.browser.ts` beside `name.ts`; undefined where there is none. */
export function browserFile(path: string, folder: string): string | undefined {
	const own = join(folder, path.replace(/\.ts$/, ".browser.ts"));
	return existsSync(own) ? own : undefined;
}
