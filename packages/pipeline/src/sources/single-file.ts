import {
	denoiserNames,
	encoderWeights as encoderWeightsIn,
	findEncoder,
	isKnownBeside,
	ldmVae,
	readSingleFile,
	renamed,
	type SingleFile,
	scaled,
	type VaeLayout,
	weightsKind,
} from "@drum/formats";
import { type FoundFile, kindOfFile, readHeader } from "@drum/hub";
import {
	ArgumentError,
	type FileKind,
	MemoryBytes,
	type TensorInfo,
	type TensorSource,
	tensorOver,
	toFloat32,
} from "@drum/tensor";
import { openTensors } from "./open-tensors.ts";

/** A file of weights, and the parts of a model that it contains. */
export interface OpenedFile {
	/** The name, as the user gave it. */
	readonly name: string;
	/** Names and shapes from its header. Nothing else of a file on the hub has been downloaded yet. */
	readonly header: TensorSource;
	readonly holds: SingleFile;
	/** Its tensor `global_step`. */
	readonly globalStep?: number | undefined;
	/** Opens its tensors, and downloads the file if necessary. */
	open(): Promise<TensorSource>;
	/** The weights of a part by the part's name, with the names of the hub's layout. Downloads the file if necessary. */
	weights(part: string, config: unknown): Promise<TensorSource>;
}

/**
 * Opens a file that contains a model or parts of one.
 * @param encoder the text encoder that a file with only one encoder is taken for, with any width
 * @throws ArgumentError for a file of another kind; CheckpointError for one that breaks a rule of the format
 */
export async function openFoundFile(name: string, found: FoundFile, encoder?: string): Promise<OpenedFile> {
	const { repository, path, isLocal } = found;
	const { header } = await readHeader(repository, path, name).catch(async (error: unknown) => {
		// A damaged file keeps its error. A file of another kind is a wrong argument.
		if (!isLocal || name.endsWith(".safetensors")) throw error;
		throw otherFile(name, await kindOfFile(await repository.file(path)));
	});
	const { tensors, metadata } = header;
	// Only the header: `open` gives the tensors to read.
	const file = new MemoryBytes(path, new Uint8Array());
	const places = new Map(Array.from(tensors, ([tensor, info]) => [tensor, { file, ...info }]));
	const source = scaled({ name, get: (tensor) => places.get(tensor), names: () => places.keys() });
	const part = encoder === undefined ? undefined : findEncoder(source, encoder);
	const holds = readSingleFile(source) ?? (part && { is: part.is, encoders: { [encoder!]: part } });
	// Other models have some of these names too.
	const kind = weightsKind(source, metadata);
	if (!holds || (kind && !part && kind.is !== holds.is)) throw otherFile(name, kind);
	const globalStep = await readNumber(found, tensors.get("global_step"));
	const open = async () => openTensors(await repository.file(path));
	const opened: OpenedFile = {
		...{ name, header: source, holds, globalStep, open },
		weights(part, config) {
			if (part === "denoiser") return denoiserWeights(this, config);
			return part === "vae" ? vaeWeights(this, config) : encoderWeights(this, part, config);
		},
	};
	return opened;
}

/** The most bytes from the beginning of a file that are read for one number. */
const BEGINNING = 16_000_000;

async function readNumber({ repository, path }: FoundFile, place: TensorInfo | undefined): Promise<number | undefined> {
	if (!place || place.offset + place.length > BEGINNING) return undefined;
	const { bytes } = await repository.head(path, place.offset + place.length);
	const [number] = toFloat32(tensorOver(bytes.slice(place.offset).buffer, place));
	return number;
}

function otherFile(name: string, kind: FileKind | undefined): ArgumentError {
	return new ArgumentError({
		what: name,
		expected: "a safetensors file of a model, or of its denoiser, its VAE or a text encoder",
		found: kind?.is ?? "another file",
		next: kind?.next ?? "Check that it is the file you meant",
	});
}

/** The weights of a file's denoiser, with diffusers' names. `config` is its `config.json`. */
async function denoiserWeights({ name, holds, open }: OpenedFile, config: unknown): Promise<TensorSource> {
	const { prefix, naming } = holds.denoiser!;
	const table = naming === "original" ? denoiserNames(config as object) : undefined;
	const parts = [holds.vae, ...Object.values(holds.encoders)].flatMap((part) => (part?.prefix ? [part.prefix] : []));
	const isOthers = (tensor: string) => isKnownBeside(tensor) || parts.some((part) => tensor.startsWith(part));
	return renamed(await open(), { name, prefix, table, ignored: prefix === "" ? isOthers : undefined });
}

/** The weights of its VAE, with diffusers' names. */
async function vaeWeights({ name, holds, open }: OpenedFile, config: unknown): Promise<TensorSource> {
	const { prefix, naming } = holds.vae!;
	const table = naming === "original" ? ldmVae(config as VaeLayout) : undefined;
	return renamed(await open(), { name, prefix, table, ignored: isKnownBeside });
}

/**
 * The weights of a text encoder, with transformers' names. `part` is its name in the mix. ViT-L's projection is not read: only Stable Diffusion 3 has
 * one, and with its single files diffusers uses rows without projection.
 */
async function encoderWeights({ name, holds, open }: OpenedFile, part: string, config: unknown): Promise<TensorSource> {
	const projected = part === "L" ? false : undefined;
	return encoderWeightsIn(await open(), { name, part: holds.encoders[part]!, config, projected });
}

/** A file's tensors that have no prefix of its parts, without those that such files usually have in addition. */
export function straysOf({ header, holds }: OpenedFile): string[] {
	const { denoiser, vae, encoders } = holds;
	const prefixes = [denoiser, vae, ...Object.values(encoders)].flatMap((part) => (part ? [part.prefix] : []));
	if (prefixes.includes("")) return [];
	const inPart = (tensor: string) => prefixes.some((prefix) => tensor.startsWith(prefix));
	return [...header.names()].filter(
		(tensor) =>
			!inPart(tensor) &&
			!isKnownBeside(tensor) &&
			!/^(cond_stage_model|conditioner\.embedders\.\d)\.(logit_scale|text_projection)$|_stage_model\.loss\./.test(
				tensor,
			),
	);
}
