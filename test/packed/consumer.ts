import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { npmInstall } from "./commands.ts";
import { publishedFolders, readManifest } from "./manifests.ts";
import type { Release } from "./release.ts";

/**
 * A project outside the repository with all packages installed by npm from the registry of a release, third parties from
 * the usual one, beside the files of `consumer/`. Nothing of the repository's can stand in for them.
 */
export async function createConsumer(project: string, { registry, version }: Release): Promise<void> {
	const names = publishedFolders().map((folder) => readManifest(folder).name);
	const ours = Object.fromEntries(names.map((name) => [name, `^${version}`]));
	// The one third party that `drum eval` wants beside it.
	const dependencies = { ...ours, "@duckdb/node-api": "*" };
	const devDependencies = { "@types/node": "22" };
	const manifest = { private: true, type: "module", dependencies, devDependencies };
	await writeFile(join(project, "package.json"), JSON.stringify(manifest, undefined, "\t"));
	await writeFile(join(project, ".npmrc"), `@drum:registry=${registry}\n`);
	await cp(join(import.meta.dirname, "consumer"), project, { recursive: true });
	await npmInstall(project);
}
