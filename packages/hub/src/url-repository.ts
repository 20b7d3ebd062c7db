import { type ByteSource, DrumError, FileError, UrlBytes } from "@drum/tensor";
import { isInside } from "./paths.ts";
import { type FileHead, headOf, inRepository, type Repository } from "./repository.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { checkTextSize } from "./text-size.ts";

/** Whether a text is an address, absolute or relative to the page, rather than a hub id. */
export function isAddress(source: string): boolean {
	return /^(https?:\/\/|blob:|\.{0,2}\/)/.test(source);
}

/**
 * A folder behind an address, as any static host serves one. It cannot be listed, so a file's existence is only known after a request
 * for it. Each file is opened once.
 */
export class UrlRepository implements Repository {
	readonly name: string;
	readonly #folder: string;
	readonly #options: RepositoryOptions;
	readonly #opened = new Map<string, Promise<ByteSource>>();
	readonly #found = new Set<string>();

	/** @param folder its address; in a browser it may be relative to the page */
	constructor(folder: string, options: RepositoryOptions = {}) {
		this.name = folder.replace(/\/+$/, "");
		this.#folder = new URL(`${this.name}/`, (globalThis as { location?: { href: string } }).location?.href).href;
		this.#options = options;
	}

	async has(path: string): Promise<boolean> {
		if (!isInside(path)) return false;
		try {
			await this.#open(path);
			return true;
		} catch (error) {
			if (DrumError.is(error) && error.code === "file") return false;
			throw error;
		}
	}

	/** Only the files that were opened so far. */
	async list(): Promise<readonly string[]> {
		return [...this.#found].sort();
	}

	async file(path: string): Promise<ByteSource> {
		if (!isInside(path))
			throw new FileError({ what: `${this.name} has no file ${path}`, expected: "a path inside the folder" });
		return inRepository(this, path, await this.#open(path));
	}

	absent(): undefined {}

	async head(path: string, length: number): Promise<FileHead> {
		return headOf(await this.file(path), length);
	}

	#open(path: string): Promise<ByteSource> {
		const opened = this.#opened.get(path) ?? this.#fetch(path);
		this.#opened.set(path, opened);
		return opened;
	}

	async #fetch(path: string): Promise<ByteSource> {
		const { fetch, signal, onProgress } = this.#options;
		const url = new URL(path.split("/").map(encodeURIComponent).join("/"), this.#folder);
		try {
			const file = await UrlBytes.open(url, {
				fetch,
				signal,
				onProgress: (loaded, total) => onProgress?.({ file: path, loaded, total }),
			});
			checkTextSize(path, file.size);
			this.#found.add(path);
			return file;
		} catch (error) {
			// A failed request may be tried again; a missing file is not asked for again.
			if (!(DrumError.is(error) && error.code === "file")) this.#opened.delete(path);
			throw error;
		}
	}
}
