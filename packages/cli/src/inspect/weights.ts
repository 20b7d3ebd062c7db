import { basename, dirname } from "node:path";
import { openRepository, type Repository } from "@drum/hub";
import { BYTES, CheckpointError, type DataType, parseHeader, type SafetensorsHeader } from "@drum/tensor";

/** Tensors of one or several files, as their headers tell. */
export interface WeightsSummary {
	files: string[];
	/** Bytes of the files. */
	bytes: number;
	tensors: number;
	parameters: number;
	/** Parameters of each element type. */
	types: Partial<Record<DataType, number>>;
}

/** One file's header. */
export interface HeaderOf {
	path: string;
	bytes: number;
	header: SafetensorsHeader;
}

const PREFIX = 8;
/** The longest header that the format allows. */
const LONGEST_HEADER = 100_000_000;
/** Holds the whole header of most files, so that one request does. */
const FIRST = 2 ** 16;

/** Reads a safetensors file's header; of a file on the hub, no more than that is fetched. */
export async function readHeader(repository: Repository, path: string): Promise<HeaderOf> {
	const name = `${repository.name}/${path}`;
	const { bytes, size } = await repository.head(path, FIRST);
	if (bytes.length < PREFIX) {
		throw new CheckpointError({ what: name, expected: "a safetensors file", found: `${bytes.length} bytes` });
	}
	const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
	if (length > Math.min(LONGEST_HEADER, size - PREFIX)) {
		const found = `a header of ${length} bytes in a file of ${size}`;
		throw new CheckpointError({
			what: name,
			expected: "a safetensors file",
			found,
			next: "It is damaged or of another kind",
		});
	}
	const end = PREFIX + length;
	const json = end <= bytes.length ? bytes : (await repository.head(path, end)).bytes;
	return { path, bytes: size, header: parseHeader(json.subarray(PREFIX, end), size, name) };
}

/** Reads the header of a file by its path on this machine. */
export async function readLocalHeader(path: string): Promise<HeaderOf> {
	return readHeader(await openRepository(dirname(path)), basename(path));
}

/** A counter 0, 1, 2, … that older files keep, which is no parameter. */
const COUNTER = /(^|\.)position_ids$/;

/** Counts the tensors of files together, or those of them that `counts`. */
export function summarize(
	headers: readonly HeaderOf[],
	counts: (tensor: string) => boolean = () => true,
): WeightsSummary {
	const types: WeightsSummary["types"] = {};
	let tensors = 0;
	for (const [name, { type, length }] of headers.flatMap(({ header }) => [...header.tensors])) {
		if (!counts(name) || COUNTER.test(name)) continue;
		tensors++;
		types[type] = (types[type] ?? 0) + length / BYTES[type];
	}
	return {
		files: headers.map(({ path }) => path),
		bytes: headers.reduce((sum, { bytes }) => sum + bytes, 0),
		tensors,
		parameters: Object.values(types).reduce((sum, count) => sum + count, 0),
		types,
	};
}

/**
 * The weights that lie in a component's folder: one file or its shards, plain or of a variant.
 * @returns their paths, and every variant there is, `""` for the plain one
 */
export function weightFiles(
	all: readonly string[],
	folder: string,
	variant: string,
): { files: string[]; variants: string[] } {
	const prefix = folder && `${folder}/`;
	const found = all.flatMap((path) => {
		const name = path.startsWith(prefix) ? path.slice(prefix.length) : "/";
		const match =
			/^(?:diffusion_pytorch_model|model)((?:\.[\w-]+?)??)(?:-\d+-of-\d+)?((?:\.[\w-]+)?)\.safetensors$/.exec(name);
		return match ? [{ path, variant: (match[1] || match[2] || "").slice(1) }] : [];
	});
	return {
		files: found.filter((file) => file.variant === variant).map(({ path }) => path),
		variants: [...new Set(found.map((file) => file.variant))].sort(),
	};
}
