import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { npmInstall } from "../packed/commands.ts";
import { ROOT } from "../packed/places.ts";

/** The tools that these tests run, in the versions that docs/environments.md names. */
const TOOLS = { "@yarnpkg/cli-dist": "4.18.1", bun: "1.4.5", deno: "2.9.6" };

/** What the tests' Next.js projects have besides the packages. */
export const NEXT = { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" };

/** What the test of webpack has. */
export const WEBPACK = { webpack: "5.113.0", "webpack-cli": "7.3.1" };

const FOLDER = join(ROOT, "node_modules", ".cache", "environments");

/** Installs the tools once; they are kept between runs. */
export async function installTools(): Promise<void> {
	await mkdir(FOLDER, { recursive: true });
	const manifest = { private: true, dependencies: TOOLS };
	await writeFile(join(FOLDER, "package.json"), JSON.stringify(manifest));
	await npmInstall(FOLDER);
}

/** A file of a tool. */
export function tool(...path: readonly string[]): string {
	return join(FOLDER, "node_modules", ...path);
}
