import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { FileError, float32, sizeOf, type Tensor } from "@drum/tensor";

/** Makes conditions of captions: `[captions, rows, width]`. */
export type Conditions = (captions: readonly string[], signal?: AbortSignal) => Promise<Tensor<"float32">>;

/** Bytes of a caption's key. */
const KEY = 16;

/**
 * Conditions in a file, so that each is computed once: for runs of several epochs with a slow encoder. A caption takes 0.24 MB with ViT-L, and 4.2 MB
 * with T5-XXL.
 */
export class EncodingCache implements AsyncDisposable {
	readonly #data: FileHandle;
	readonly #keys: FileHandle;
	readonly #dims: readonly number[];
	readonly #folder: string;
	/** Places of captions in the file, by key. */
	readonly #places: Map<string, number>;

	private constructor(
		folder: string,
		[data, keys]: readonly [FileHandle, FileHandle],
		dims: readonly number[],
		places: Map<string, number>,
	) {
		this.#folder = folder;
		this.#data = data;
		this.#keys = keys;
		this.#dims = dims;
		this.#places = places;
	}

	/**
	 * Opens the file of an encoder, by its fingerprint. `dims` is the shape `[rows, width]` of a condition.
	 * @throws FileError if the folder is not writable
	 */
	static async open(folder: string, fingerprint: string, dims: readonly number[]): Promise<EncodingCache> {
		const name = join(
			folder,
			`encodings-${createHash("sha256").update(`${fingerprint} ${dims}`).digest("hex").slice(0, 16)}`,
		);
		const files: FileHandle[] = [];
		try {
			await mkdir(folder, { recursive: true });
			for (const path of [`${name}.bin`, `${name}.keys`]) files.push(await open(path, "a+"));
			const [data, keys] = files as [FileHandle, FileHandle];
			const bytes = await keys.readFile();
			// A killed process may have left a condition without its key, or a part of one.
			const whole = Math.floor((await data.stat()).size / (4 * sizeOf(dims)));
			const count = Math.min(whole, Math.floor(bytes.length / KEY));
			await data.truncate(count * 4 * sizeOf(dims));
			await keys.truncate(count * KEY);
			const places = Array.from({ length: count }, (_, i) => {
				return [bytes.toString("hex", i * KEY, (i + 1) * KEY), i] as const;
			});
			return new EncodingCache(folder, [data, keys], dims, new Map(places));
		} catch (cause) {
			for (const file of files) await file.close();
			const expected = "a folder that can be written to";
			throw new FileError({ what: `encodings in ${folder}`, expected, found: (cause as Error).message, cause });
		}
	}

	/**
	 * The conditions of captions. Calls `compute` only for those that are not in the file.
	 * @throws FileError if another process has also written to the file, because its places would then be wrong
	 */
	conditions(compute: Conditions): Conditions {
		return async (captions, signal) => {
			const keys = captions.map((caption) =>
				createHash("sha256")
					.update(caption)
					.digest("hex")
					.slice(0, 2 * KEY),
			);
			const missing = new Map(keys.flatMap((key, i) => (this.#places.has(key) ? [] : [[key, captions[i]!]])));
			if (missing.size > 0) await this.#add([...missing.keys()], await compute([...missing.values()], signal));
			const size = sizeOf(this.#dims);
			const all = new Float32Array(captions.length * size);
			for (const [i, key] of keys.entries()) {
				const part = all.subarray(i * size, (i + 1) * size);
				const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
				await this.#data.read(bytes, 0, bytes.length, this.#places.get(key)! * bytes.length);
			}
			return float32(all, [captions.length, ...this.#dims]);
		};
	}

	/** A key is written after its condition is on the disk. */
	async #add(keys: readonly string[], { data }: Tensor<"float32">): Promise<void> {
		await this.#data.appendFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
		await this.#data.datasync();
		const expected = (this.#places.size + keys.length) * 4 * sizeOf(this.#dims);
		const { size } = await this.#data.stat();
		if (size !== expected) {
			const next = "Give each training that runs at the same time a folder of its own";
			const found = `${size}, of another training's too`;
			throw new FileError({ what: `encodings in ${this.#folder}`, expected: `${expected} bytes`, found, next });
		}
		await this.#keys.appendFile(Buffer.from(keys.join(""), "hex"));
		for (const key of keys) this.#places.set(key, this.#places.size);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#data.close();
		await this.#keys.close();
	}
}
