import { type ByteSource, openReader } from "./byte-source.ts";
import { ArgumentError, CheckpointError } from "./errors.ts";
import { HEAD } from "./file-kind.ts";
import { type BytesPlace, type OpenBytesOptions, openBytes } from "./open-bytes.ts";
import { tensorOver } from "./safetensors.ts";
import { headerLength, PREFIX, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";
import type { Tensor } from "./tensor.ts";

/** A safetensors file of which only the header is in memory. There is nothing to close. */
export class SafetensorsFile {
	readonly file: ByteSource;
	readonly tensors: ReadonlyMap<string, TensorInfo>;
	readonly metadata: Readonly<Record<string, string>>;

	private constructor(file: ByteSource, { tensors, metadata }: SafetensorsHeader) {
		this.file = file;
		this.tensors = tensors;
		this.metadata = metadata;
	}

	/**
	 * Reads and checks a file's header.
	 * @throws FileError where the file cannot be read, DownloadError where it cannot be fetched, CheckpointError where it breaks a rule of
	 * the format.
	 */
	static async open(place: BytesPlace, options: OpenBytesOptions = {}): Promise<SafetensorsFile> {
		const file = await openBytes(place, options);
		const { name, size } = file;
		const reader = await openReader(file);
		try {
			const length = headerLength(await reader.read(0, Math.min(HEAD, size)), size, name);
			const json = await reader.read(PREFIX, PREFIX + length);
			if (json.length < length) throw cutShort(`${name}, header`, length, json.length);
			return new SafetensorsFile(file, parseHeader(json, size, name));
		} finally {
			await reader.close();
		}
	}

	/**
	 * Reads one tensor's bytes into a tensor of its own.
	 * @throws ArgumentError where the file has no such tensor, FileError where it cannot be read any more, CheckpointError where it was cut short since.
	 */
	async read(tensor: string): Promise<Tensor> {
		const { name } = this.file;
		const info = this.tensors.get(tensor);
		if (!info) throw new ArgumentError({ what: `tensor ${tensor}`, expected: `one of ${name}`, found: "none there" });
		const bytes = await this.file.read(info.offset, info.offset + info.length);
		if (bytes.length < info.length) throw cutShort(`${name}, tensor ${tensor}`, info.length, bytes.length);
		return tensorOver(bytes.buffer, info);
	}
}

function cutShort(what: string, length: number, found: number): CheckpointError {
	return new CheckpointError({ what, expected: `${length} bytes`, found: `the end after ${found}` });
}
