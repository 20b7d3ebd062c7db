import {
	denoiserNames,
	type EncoderPart,
	findEncoder,
	ldmVae,
	openClip,
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

/** The weights of a text encoder in a file, under transformers' names. */
export function encoderWeights({ name, file }: OpenedFile, part: EncoderPart, config: unknown): TensorSource {
	const { num_hidden_layers = 0, architectures } = config as { num_hidden_layers?: number; architectures?: unknown };
	const isOpenClip = part.naming === "original";
	const table = isOpenClip ? openClip({ num_hidden_layers }) : undefined;
	// transformers' CLIPTextModel has no projection, whatever the file has.
	const isPlain = Array.isArray(architectures) && architectures[0] === "CLIPTextModel";
	const ignored = (tensor: string) =>
		isKnownBeside(tensor) ||
		(isPlain && /^text_projection(\.weight)?$/.test(tensor)) ||
		// Of OpenCLIP's blocks Stable Diffusion 2 leaves out the last.
		(isOpenClip && Number(/^transformer\.resblocks\.(\d+)\./.exec(tensor)?.[1]) >= num_hidden_layers);
	return renamed(file, { name, prefix: part.prefix, table, ignored });
}

/** What files have besides a model's weights: of training and its loss, of the noise, notes on the model, CLIP's scale. */
const BESIDE =
	/^(model_ema|loss)\.|^(logit_scale|attn_mask|v_pred|ztsnr|global_step|iteration|epoch|scale_factor|log_?var|lvlb_weights|alphas|betas|sigmas|denoiser\.sigmas|posterior_\w+|(sqrt_|log_)?(one_minus_|recip_|recipm1_)?alphas_cumprod(_prev)?|scaled_fp8)$/;

function isKnownBeside(tensor: string): boolean {
	return BESIDE.test(tensor);
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
