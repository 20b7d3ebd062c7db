import { type ByteSource, type BytesPlace, FileError, openBytes } from "@drum/tensor";
import { type FileHead, headOf, inRepository, type Repository } from "./repository.ts";
import { checkTextSize } from "./text-size.ts";

/** Files by their paths: `File`s, bytes, addresses. */
export class FilesRepository implements Repository {
	readonly name: string;
	readonly #files: ReadonlyMap<string, BytesPlace>;

	constructor(name: string, files: ReadonlyMap<string, BytesPlace>) {
		this.name = name;
		this.#files = files;
	}

	async has(path: string): Promise<boolean> {
		return this.#files.has(path);
	}

	async list(): Promise<readonly string[]> {
		return [...this.#files.keys()].sort();
	}

	async file(path: string): Promise<ByteSource> {
		const place = this.#files.get(path);
		if (place === undefined) {
			const next = "Give all files of the checkpoint, under their paths in it";
			throw new FileError({ what: `${this.name} hold no ${path}`, next });
		}
		const file = await openBytes(place, { name: path });
		checkTextSize(path, file.size);
		return inRepository(this, path, file);
	}

	absent(): undefined {}

	async head(path: string, length: number): Promise<FileHead> {
		return headOf(await this.file(path), length);
	}
}
