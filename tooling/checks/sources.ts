import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, "../..");

const LEFT_OUT = new Set(["node_modules", "dist", ".git", ".turbo", ".cache", ".venv", "out", "coverage"]);

/** Paths from the root, in a fixed order, without what is installed, built or made by a run: docs/api is TypeDoc's. */
export function find(...patterns: readonly string[]): string[] {
	const found = globSync(patterns, { cwd: ROOT, exclude: (name) => LEFT_OUT.has(name.split("/").at(-1) ?? name) });
	return found
		.map((path) => path.replaceAll("\\", "/"))
		.filter((path) => !path.startsWith("docs/api/"))
		.sort();
}

export function read(path: string): string {
	return readFileSync(resolve(ROOT, path), "utf8");
}
