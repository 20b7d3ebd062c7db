import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./places.ts";

export interface Manifest {
	name: string;
	version: string;
	private?: boolean;
	bin?: Record<string, string>;
	exports: Record<string, Record<string, string>>;
	dependencies?: Record<string, string>;
	peerDependencies?: Record<string, string>;
	devDependencies?: Record<string, string>;
	scripts?: Record<string, string>;
}

export function readManifest(folder: string): Manifest {
	return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** The folders of the packages that are published. */
export function publishedFolders(): string[] {
	const folders = globSync("packages/*/package.json", { cwd: ROOT }).map((path) => join(ROOT, dirname(path)));
	return folders.filter((folder) => !readManifest(folder).private).sort();
}

/** Every specifier that the packages export, as a user imports it. */
export function exportedEntries(folders: readonly string[]): string[] {
	return folders.flatMap((folder) => {
		const { name, exports } = readManifest(folder);
		return Object.keys(exports).map((entry) => name + entry.slice(1));
	});
}
