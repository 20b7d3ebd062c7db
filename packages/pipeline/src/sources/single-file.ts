import {
	denoiserNames,
	encoderWeights as encoderWeightsIn,
	findEncoder,
	isKnownBeside,
	ldmVae,
	readSingleFile,
	renamed,
	type SingleFile,
	type VaeLayout,
	type VaePart,
	weightsKind,
} from "@drum/formats";
import { type FoundFile, findFile, kindOfFile, type RepositoryOptions } from "@drum/hub";
import { ArgumentError, type TensorSource } from "@drum/tensor";
import { openTensors } from "./open-tensors.ts";

/** A file of weights, and what of a model it holds. */
export interface OpenedFile {
	/** As the user gave it. */
	readonly name: string;
	readonly file: TensorSource;
	readonly holds: SingleFile;
}

/**
 * Opens a file that holds a model or parts of one, on this machine or downloaded from the hub alone; undefined where `source` is no file.
 * @throws ArgumentError for a file of another kind; CheckpointError for one that breaks a rule of the format; what `findFile` throws
 */
export async function openSingleFile(
	source: string,
	options: RepositoryOptions,
	encoder?: string,
): Promise<OpenedFile | undefined> {
	const found = await findFile(source, options);
	return found && openFoundFile(source, found, encoder);
}

/** `encoder` names the text encoder that a file of one alone is taken for, whatever its width. @throws as `openSingleFile` */
export async function openFoundFile(
	name: string,
	{ repository, path }: FoundFile,
	encoder?: string,
): Promise<OpenedFile> {
	const local = await repository.file(path);
	if (!path.endsWith(".safetensors")) throw await otherFile(name, local);
	const file = await openTensors(local);
	const part = encoder === undefined ? undefined : findEncoder(file, encoder);
	const holds = readSingleFile(file) ?? (part && { is: part.is, encoders: { [encoder!]: part } });
	// Other models have some of these names too.
	const kind = weightsKind(file);
	if (!holds || (kind && !part && kind.is !== holds.is)) throw await otherFile(name, local);
	return { name, file, holds };
}

async function otherFile(name: string, path: string): Promise<ArgumentError> {
	const kind = await kindOfFile(path);
	return new ArgumentError({
		what: name,
		expected: "a safetensors file of a model, or of its denoiser, its VAE or a text encoder",
		found: kind?.is ?? "another file",
		next: kind?.next ?? "Is it the file that you meant?",
	});
}

/** The weights of the denoiser in a file, under diffusers' names; `config` is its `config.json`. */
export function denoiserWeights({ name, file, holds }: OpenedFile, config: unknown): TensorSource {
	const { prefix, naming } = holds.denoiser!;
	const table = naming === "original" ? denoiserNames(config as object) : undefined;
	return renamed(file, { name, prefix, table, ignored: prefix === "" ? isKnownBeside : undefined });
}

/** The weights of a VAE in a file, under diffusers' names. */
export function vaeWeights({ name, file }: OpenedFile, { prefix, naming }: VaePart, config: unknown): TensorSource {
	const table = naming === "original" ? ldmVae(config as VaeLayout) : undefined;
	return renamed(file, { name, prefix, table, ignored: isKnownBeside });
}

/**
 * The weights of a text encoder in a file, under transformers' names; `part` is its name in the mix. ViT-L's projection is not read: Stable
 * Diffusion 3 alone has one, and its files mean the rows as they are, as diffusers takes them.
 */
export function encoderWeights({ name, file, holds }: OpenedFile, part: string, config: unknown): TensorSource {
	const projected = part === "L" ? false : undefined;
	return encoderWeightsIn(file, { name, part: holds.encoders[part]!, config, projected });
}

/** A file's tensors that lie behind no prefix of its parts, and are none that such files are known to have. */
export function straysOf({ file, holds }: OpenedFile): string[] {
	const { denoiser, vae, encoders } = holds;
	const prefixes = [denoiser, vae, ...Object.values(encoders)].flatMap((part) => (part ? [part.prefix] : []));
	if (prefixes.includes("")) return [];
	const inPart = (tensor: string) => prefixes.some((prefix) => tensor.startsWith(prefix));
	return [...file.names()].filter(
		(tensor) =>
			!inPart(tensor) &&
			!isKnownBeside(tensor) &&
			!/^(cond_stage_model|conditioner\.embedders\.\d)\.(logit_scale|text_projection)$|_stage_model\.loss\./.test(
				tensor,
			),
	);
}
