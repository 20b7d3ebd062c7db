import type { ByteSource } from "./byte-source.ts";
import { ArgumentError, CheckpointError } from "./errors.ts";
import { HEAD, refuseOtherKind } from "./file-kind.ts";
import { type BytesPlace, type OpenBytesOptions, openBytes } from "./open-bytes.ts";
import { isObject } from "./parse-json.ts";
import { readWhole } from "./read-whole.ts";
import { SafetensorsFile } from "./safetensors-file.ts";
import { shown } from "./shown.ts";
import { parseStrictJson } from "./strict-json.ts";
import type { Tensor } from "./tensor.ts";
import type { StoredTensor, TensorSource } from "./tensor-place.ts";

/** One or several safetensors files seen as one set of named tensors. Only headers are in memory; there is nothing to close. */
export class Checkpoint implements TensorSource {
	/** What it was opened by, for messages. */
	readonly name: string;
	/** The file's metadata, or an index's own: values that are no strings there are given as JSON. */
	readonly metadata: Readonly<Record<string, string>>;
	readonly #files: ReadonlyMap<string, SafetensorsFile>;

	private constructor(name: string, metadata: Record<string, string>, files: ReadonlyMap<string, SafetensorsFile>) {
		this.name = name;
		this.metadata = metadata;
		this.#files = files;
	}

	/**
	 * Opens a safetensors file, or all files that a `*.safetensors.index.json` lists, which lie in the index's folder or below.
	 * @throws FileError where a file cannot be read, DownloadError where one cannot be fetched; CheckpointError where one breaks a rule of
	 * the format, the index names a file outside its folder, or a listed tensor is not in its file. A file on this machine that an index
	 * lists may be a link only where it leads to a file of the index's folder, or to a blob of the same repository in a hub's cache:
	 * else a FileError.
	 */
	static async open(place: BytesPlace, options: OpenBytesOptions = {}): Promise<Checkpoint> {
		const file = await openBytes(place, options);
		if (file.name.endsWith(".json")) return Checkpoint.#openIndex(file);
		const opened = await SafetensorsFile.open(file);
		return new Checkpoint(
			file.name,
			opened.metadata,
			new Map(Array.from(opened.tensors.keys(), (name) => [name, opened])),
		);
	}

	static async #openIndex(index: ByteSource): Promise<Checkpoint> {
		const { name } = index;
		const { weightMap, metadata } = parseIndex(new TextDecoder().decode(await readWhole(index)), name);
		if (!index.beside) fail(name, "an index that has its shards beside it", "an index alone");
		const shards = new Map<string, SafetensorsFile>();
		for (const shard of new Set(weightMap.values()))
			shards.set(shard, await SafetensorsFile.open(await index.beside(shard)));
		const files = new Map<string, SafetensorsFile>();
		for (const [tensor, shard] of weightMap) {
			const file = shards.get(shard)!;
			if (!file.tensors.has(tensor))
				fail(`${name}, tensor ${tensor}`, `it in ${shard}`, `${file.tensors.size} other tensors there`);
			files.set(tensor, file);
		}
		return new Checkpoint(name, metadata, files);
	}

	/** Where a tensor lies; undefined where the checkpoint has none of that name. */
	get(tensorName: string): StoredTensor | undefined {
		const file = this.#files.get(tensorName);
		return file && { file: file.file, ...file.tensors.get(tensorName)! };
	}

	/** Names of all tensors. */
	names(): Iterable<string> {
		return this.#files.keys();
	}

	/**
	 * Reads one tensor.
	 * @throws ArgumentError where the checkpoint has no such tensor, FileError where its file cannot be read any more.
	 */
	async read(tensorName: string): Promise<Tensor> {
		const file = this.#files.get(tensorName);
		if (!file)
			throw new ArgumentError({ what: `tensor ${tensorName}`, expected: `one of ${this.name}`, found: "none there" });
		return file.read(tensorName);
	}
}

function parseIndex(text: string, path: string): { weightMap: Map<string, string>; metadata: Record<string, string> } {
	let index: unknown;
	try {
		index = parseStrictJson(text);
	} catch (cause) {
		refuseOtherKind(path, "an index in JSON", new TextEncoder().encode(text.slice(0, HEAD)), text.length);
		fail(path, "JSON", (cause as Error).message, cause);
	}
	if (!isObject(index) || !isObject(index.weight_map)) fail(path, "an object with a weight_map", "none");
	const weightMap = new Map<string, string>();
	for (const [tensor, shard] of Object.entries(index.weight_map)) {
		if (typeof shard !== "string" || !isBelow(shard))
			fail(`${path}, tensor ${tensor}`, "a file in the index's folder", shown(shard));
		weightMap.set(tensor, shard);
	}
	const { metadata = {} } = index;
	if (!isObject(metadata)) fail(`${path}, metadata`, "an object", shown(metadata));
	const texts = Object.entries(metadata).map(([key, value]) => [
		key,
		typeof value === "string" ? value : JSON.stringify(value),
	]);
	return { weightMap, metadata: Object.fromEntries(texts) };
}

/** A relative path that stays in its folder, read by the rules of POSIX and of Windows alike. */
function isBelow(file: string): boolean {
	return file.split(/[/\\]/).every((step) => step !== "" && step !== "..") && !/[:\0]/.test(file);
}

function fail(what: string, expected: string, found: string, cause?: unknown): never {
	throw new CheckpointError({ what, expected, found, cause });
}
