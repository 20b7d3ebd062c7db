import { lstat, open, readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { FileError } from "@drum/tensor";
import { isInside } from "./paths.ts";
import type { FileHead, Repository } from "./repository.ts";
import { checkTextSize } from "./text-size.ts";

/** A folder on this machine as a repository: a checkpoint saved locally, or one snapshot of a hub's cache. */
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

	async file(path: string): Promise<string> {
		const at = join(this.#root, path);
		if (await this.has(path)) {
			checkTextSize(at, (await stat(at)).size);
			return at;
		}
		const dangling = isInside(path) && (await lstat(at).catch(() => undefined))?.isSymbolicLink();
		throw new FileError({
			what: `${this.name} has no file ${path}`,
			...(dangling && { found: "a link to a file that is not there" }),
			next: "Is the folder a complete checkpoint?",
		});
	}

	absent(): undefined {}

	async head(path: string, length: number): Promise<FileHead> {
		return headOf(await this.file(path), length);
	}
}

/** The first `length` bytes of a file that is here. */
export async function headOf(path: string, length: number): Promise<FileHead> {
	const handle = await open(path).catch((cause: Error) => {
		throw new FileError({ what: path, expected: "a file that can be read", found: cause.message, cause });
	});
	try {
		const { size } = await handle.stat();
		const bytes = new Uint8Array(Math.min(length, size));
		for (let at = 0; at < bytes.length; ) {
			const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
			if (bytesRead === 0) return { bytes: bytes.subarray(0, at), size: at };
			at += bytesRead;
		}
		return { bytes, size };
	} finally {
		await handle.close();
	}
}

/** Follows symbolic links, which is what the files of a snapshot are. */
export async function isFile(path: string): Promise<boolean> {
	return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** Relative paths of all files under `root`, through links to folders too, but never into a folder that is being listed. */
export async function filesUnder(root: string, prefix = "", above: readonly string[] = []): Promise<string[]> {
	const here = await realpath(root);
	if (above.includes(here)) return [];
	const files: string[] = [];
	for (const { name } of await readdir(root, { withFileTypes: true })) {
		const info = await stat(join(root, name)).catch(() => undefined);
		if (info?.isFile()) files.push(prefix + name);
		if (info?.isDirectory()) files.push(...(await filesUnder(join(root, name), `${prefix}${name}/`, [...above, here])));
	}
	return files;
}
