import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** In CommonJS alone, which a bundle may be. */
declare const __filename: string | undefined;

/**
 * Path of a package's main file, for what no bundle can hold: native libraries, weights. A module that was bundled has lost
 * its own place (`import.meta.url`) or has a wrong one, so the package is looked for from the bundle, the program and the
 * working folder too.
 * @throws what Node.js throws for a package that is not there.
 */
export function findPackage(name: string, moduleUrl: string | undefined): string {
	const bundle = typeof __filename === "string" ? pathToFileURL(__filename).href : undefined;
	const program = process.argv[1] === undefined ? undefined : pathToFileURL(process.argv[1]).href;
	const folder = pathToFileURL(join(process.cwd(), "index.js")).href;
	const failures: unknown[] = [];
	for (const place of [moduleUrl, bundle, program, folder]) {
		if (!place?.startsWith("file:")) continue;
		try {
			return createRequire(place).resolve(name);
		} catch (error) {
			failures.push(error);
		}
	}
	throw failures[0];
}
