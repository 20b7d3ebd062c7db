import { type FileHandle, realpath } from "node:fs/promises";
import { ArgumentError, CheckpointError, FileError } from "./errors.ts";
import { HEAD } from "./file-kind.ts";
import { openFile } from "./read-file.ts";
import { tensorOver } from "./safetensors.ts";
import { headerLength, PREFIX, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
import type { Tensor } from "./tensor.ts";

/** A single read of 2 GiB or more fails on Linux. */
const LONGEST_READ = 2 ** 30;

/** A safetensors file of which only the header is in memory. It holds no file descriptor, so there is nothing to close. */
export class SafetensorsFile {
	/** The file's real path, symbolic links resolved. */
	readonly path: string;
	readonly tensors: ReadonlyMap<string, TensorInfo>;
	readonly metadata: Readonly<Record<string, string>>;

	private constructor(path: string, { tensors, metadata }: SafetensorsHeader) {
		this.path = path;
		this.tensors = tensors;
		this.metadata = metadata;
	}

	/**
	 * Reads and checks a file's header.
	 * @throws FileError where the file cannot be read, CheckpointError where it breaks a rule of the format.
	 */
	static async open(path: string): Promise<SafetensorsFile> {
		return withFile(path, async (file) => {
			const { size } = await file.stat();
			const head = await readBytes(file, 0, Math.min(HEAD, size), path);
			const json = await readBytes(file, PREFIX, headerLength(new Uint8Array(head), size, path), path);
			return new SafetensorsFile(await realpath(path), parseHeader(new Uint8Array(json), size, path));
		});
	}

	/**
	 * Reads one tensor's bytes into a tensor of its own.
	 * @throws ArgumentError where the file has no such tensor, FileError where it cannot be read any more, CheckpointError where it was cut short since.
	 */
	async read(name: string): Promise<Tensor> {
		const info = this.tensors.get(name);
		if (!info)
			throw new ArgumentError({ what: `tensor ${name}`, expected: `one of ${this.path}`, found: "none there" });
		const what = `${this.path}, tensor ${name}`;
		return tensorOver(await withFile(this.path, (file) => readBytes(file, info.offset, info.length, what)), info);
	}
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
	const file = await openFile(path);
	try {
		return await use(file);
	} catch (cause) {
		if (cause instanceof CheckpointError) throw cause;
		throw new FileError({ what: path, expected: "a file that can be read", found: (cause as Error).message, cause });
	} finally {
		await file.close();
	}
}

async function readBytes(file: FileHandle, offset: number, length: number, what: string): Promise<ArrayBuffer> {
	const bytes = new Uint8Array(length);
	for (let at = 0; at < length; ) {
		const { bytesRead } = await file.read(bytes, at, Math.min(length - at, LONGEST_READ), offset + at);
		if (bytesRead === 0) throw new CheckpointError({ what, expected: `${length} bytes`, found: `the end after ${at}` });
		at += bytesRead;
	}
	return bytes.buffer;
}
