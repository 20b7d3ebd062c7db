import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FileError } from "@drum/tensor";
import { checkInside, LocalFile } from "@drum/tensor/node";
import { isInside } from "./paths.ts";
import { type FileHead, headOf, type Repository } from "./repository.ts";
import { checkTextSize } from "./text-size.ts";

/**
 * A folder on this machine as a repository: a checkpoint saved locally, or one snapshot of a hub's cache. A link in it is followed if it
 * leads to a file in the folder or, from a snapshot, to the cache's blobs. Any other link is refused, because a checkpoint that was unpacked
 * from an archive must not choose which other files of the machine are read.
 */
export class FolderRepository implements Repository {
	readonly name: string;
	readonly #root: string;

	constructor(name: string) {
		this.name = name;
		this.#root = resolve(name);
	}

	async has(path: string): Promise<boolean> {
		return isInside(path) && (await isFile(join(this.#root, path)));
	}

	async list(): Promise<readonly string[]> {
		return (await filesUnder(this.#root)).sort();
	}

	async file(path: string): Promise<LocalFile> {
		const at = join(this.#root, path);
		if (await this.has(path)) {
			await checkInside(this.#root, path);
			const file = await LocalFile.open(at);
			checkTextSize(at, file.size);
			return file;
		}
		const dangling = isInside(path) && (await lstat(at).catch(() => undefined))?.isSymbolicLink();
		throw new FileError({
			what: `${this.name} has no file ${path}`,
			...(dangling && { found: "a link to a file that is not there" }),
			next: "Check that the folder is a complete checkpoint",
		});
	}

	absent(): undefined {}

	async head(path: string, length: number): Promise<FileHead> {
		return headOf(await this.file(path), length);
	}
}

/** Whether a path is a file. Follows symbolic links, because the files of a snapshot are links. */
export async function isFile(path: string): Promise<boolean> {
	return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Limit of files and folders in a checkpoint: links between folders can make more paths than can be walked. */
const MOST_FILES = 100_000;

/**
 * Relative paths of all files under `root`. Follows links to folders, except to a folder that is being listed.
 * @throws FileError if there are more than 100,000, or a folder cannot be read
 */
export async function filesUnder(root: string): Promise<string[]> {
	const files: string[] = [];
	let seen = 0;
	const list = async (folder: string, prefix: string, above: readonly string[]): Promise<void> => {
		const here = await realpath(folder).catch(unreadable(folder));
		if (above.includes(here)) return;
		for (const name of await readdir(folder).catch(unreadable(folder))) {
			if (++seen > MOST_FILES) {
				throw new FileError({
					what: root,
					expected: `a checkpoint's folder, of at most ${MOST_FILES} files`,
					found: "more",
					next: "Give the folder of one checkpoint",
				});
			}
			const info = await stat(join(folder, name)).catch(() => undefined);
			if (info?.isFile()) files.push(prefix + name);
			if (info?.isDirectory()) await list(join(folder, name), `${prefix}${name}/`, [...above, here]);
		}
	};
	await list(root, "", []);
	return files;
}

function unreadable(folder: string): (cause: Error) => never {
	return (cause) => {
		throw new FileError({ what: folder, expected: "a folder that can be read", found: cause.message, cause });
	};
}
