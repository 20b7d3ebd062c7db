import { globSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { npmInstall, run } from "./commands.ts";
import { ROOT } from "./places.ts";

export interface Manifest {
	name: string;
	private?: boolean;
	bin?: Record<string, string>;
	exports: Record<string, unknown>;
	dependencies?: Record<string, string>;
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

/**
 * A project outside the repository with the packed tarballs installed by npm, third parties from the registry, beside
 * the files of `consumer/`. Its packages lie under `node_modules`, so nothing of the repository's can stand in for them.
 */
export async function createConsumer(folders: readonly string[]): Promise<string> {
	const project = await mkdtemp(join(tmpdir(), "drum-packed-"));
	const tarballs = join(project, "tarballs");
	for (const folder of folders) await run(folder, "pnpm", "pack", "--silent", "--pack-destination", tarballs);
	const dependencies = Object.fromEntries(
		(await readdir(tarballs)).map((file) => [nameOf(file), `file:tarballs/${file}`]),
	);
	// Else npm would ask the registry for the packages that the tarballs depend on.
	const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]));
	const devDependencies = { "@types/node": "22" };
	const manifest = { private: true, type: "module", dependencies, devDependencies, overrides };
	await writeFile(join(project, "package.json"), JSON.stringify(manifest, undefined, "\t"));
	await cp(join(import.meta.dirname, "consumer"), project, { recursive: true });
	await npmInstall(project);
	return project;
}

/** `drum-pipelines-sd-0.1.0.tgz` holds `@drum/pipelines-sd`. */
function nameOf(tarball: string): string {
	const name = /^drum-(.+?)-\d+\.\d+\.\d+.*\.tgz$/.exec(tarball)?.[1];
	if (name === undefined) throw new Error(`${tarball} is no name of a packed package`);
	return `@drum/${name}`;
}
