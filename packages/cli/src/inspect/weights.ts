import { basename } from "node:path";
import type { HeaderOf } from "@drum/hub";
import type { CheckpointOutline } from "@drum/pipeline";
import { BYTES, type DataType, MemoryBytes } from "@drum/tensor";

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

/** Names, places and shapes of tensors. */
type Weights = CheckpointOutline["vae"]["checkpoint"];

/** A counter 0, 1, 2, … that older files keep, which is no parameter. */
const COUNTER = /(^|\.)position_ids$/;

/** Counts the tensors of files together. */
export function summarize(headers: readonly HeaderOf[]): WeightsSummary {
	const types: WeightsSummary["types"] = {};
	let tensors = 0;
	for (const [name, { type, length }] of headers.flatMap(({ header }) => [...header.tensors])) {
		if (COUNTER.test(name)) continue;
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

/** Files' tensors as one set, as far as headers tell. */
export function tensorsOf(name: string, headers: readonly HeaderOf[]): Weights {
	const tensors = new Map(
		headers.flatMap(({ path, header }) =>
			[...header.tensors].map(
				([tensor, info]) => [tensor, { file: new MemoryBytes(path, new Uint8Array()), ...info }] as const,
			),
		),
	);
	return { name, get: (tensor) => tensors.get(tensor), names: () => tensors.keys() };
}

/** The weights that lie in a component's folder: one file or its shards, of one variant. */
export interface FoundWeights {
	files: string[];
	/** Every variant there is, `""` for the plain one. */
	variants: string[];
}

/** `model.fp16-00001-of-00002.safetensors`, or with the variant after the shard's number. */
const WEIGHTS =
	/^(?:diffusion_pytorch_model|model)(?:\.(?<before>[\w-]+?))?(?<shard>-\d+-of-\d+)?(?:\.(?<after>[\w-]+))?\.safetensors$/;

/** A file of a component's weights, as its path tells. */
interface WeightsFile {
	path: string;
	folder: string;
	library: "diffusers" | "transformers";
	variant: string;
	sharded: boolean;
}

/** All weights of a repository's components. */
export interface AllWeights {
	files: readonly WeightsFile[];
	/** Folders that hold an index. */
	indexed: ReadonlySet<string>;
}

/** The weights among a repository's files. */
export function weightsAmong(paths: readonly string[]): AllWeights {
	const indices = paths.filter((path) => /\.index(\.[\w-]+)?\.json$/.test(path));
	return { files: paths.flatMap(weightsAt), indexed: new Set(indices.map(folderOf)) };
}

function weightsAt(path: string): WeightsFile[] {
	const match = WEIGHTS.exec(basename(path));
	if (!match) return [];
	const { before, shard, after } = match.groups!;
	const library = basename(path).startsWith("diffusion") ? "diffusers" : "transformers";
	return [{ path, folder: folderOf(path), library, variant: before ?? after ?? "", sharded: shard !== undefined }];
}

function folderOf(path: string): string {
	return path.split("/").slice(0, -1).join("/");
}

/** Finds a component's weights as a run does: the variant's, or the plain ones where other components have the variant. */
export function weightFiles(all: AllWeights, folder: string, variant: string): FoundWeights {
	const own = all.files.filter((file) => file.folder === folder);
	const variants = [...new Set(own.map((file) => file.variant))].sort();
	const taken = !variants.includes(variant) && all.files.some((file) => file.variant === variant) ? "" : variant;
	const files = own.filter((file) => file.variant === taken);
	const whole = files.filter(({ sharded }) => !sharded);
	const shards = files.filter(({ sharded }) => sharded);
	// With an index beside a single file, diffusers takes the shards; transformers the file.
	const first = files[0]?.library === "diffusers" && all.indexed.has(folder) ? shards : whole;
	return { files: (first.length > 0 ? first : files).map(({ path }) => path), variants };
}
