import type { Device, WeightOptions } from "@drum/graph";
import {
	openEncoderFile,
	openRepository,
	pickWeights,
	REPOSITORY_OPTIONS,
	type Repository,
	type RepositoryOptions,
	readIfThere,
	readJson,
	readJsonIfThere,
	repositoryOptions,
	type WeightsSource,
} from "@drum/hub";
import { Checkpoint, checkNames } from "@drum/tensor";
import type { CLIPTextEncoderOptions } from "./clip-text-options.ts";
import { parseCLIPTextConfig } from "./config.ts";
import type { TokenizerFiles } from "./tokenizer.ts";
import { clipVocabulary } from "./vocabulary.ts";

/** Options to open one of CLIP's encoders from a folder or the hub. */
export interface CLIPCheckpointOptions extends RepositoryOptions {
	/** Variant of the weights, such as `fp16` for `model.fp16.safetensors`. Default: files without a variant. */
	variant?: "fp16" | (string & {}) | undefined;
	/** Default `"cpu"`. */
	device?: Device | undefined;
	threads?: number | undefined;
}

/** Options to open CLIP's text encoder from a file, a folder or the hub. */
export interface CLIPTextCheckpointOptions extends CLIPCheckpointOptions, WeightOptions {}

/** Opens the files that all of CLIP's encoders have. In a whole pipeline's checkpoint they are in the folder `part`, otherwise in the root. */
export async function openCLIP(source: WeightsSource, options: CLIPCheckpointOptions, part?: string) {
	checkNames("fromPretrained", options, OPTIONS);
	const repository = await openRepository(source, repositoryOptions(options));
	const folder = part !== undefined && (await repository.has("model_index.json")) ? part : "";
	const config = await readJson(repository, folder ? `${folder}/config.json` : "config.json");
	const open = async () =>
		Checkpoint.open(await pickWeights(repository, folder, "model", options.variant, options.onWarning));
	return { repository, folder, config, open };
}

const OPTIONS = [...REPOSITORY_OPTIONS, "variant", "device", "threads"];

/** Opens the files and returns the options of `CLIPTextEncoder.create`. */
export async function openCLIPText(
	source: WeightsSource,
	given: CLIPTextCheckpointOptions,
): Promise<CLIPTextEncoderOptions> {
	checkNames("fromPretrained", given, [...OPTIONS, "dtype", "cacheFolder", "onQuantize"]);
	const { dtype, cacheFolder, onQuantize, ...options } = given;
	const { device, threads } = options;
	const held = { device, threads, dtype, cacheFolder, onQuantize };
	const file = await openCLIPFile(source, options);
	if (file) return { ...file, ...held };
	const { repository, config, open } = await openCLIP(source, options);
	const { name } = repository;
	parseCLIPTextConfig(config, `${name}/config.json`);
	return { name, config, tokenizer: await readTokenizer(repository), ...held, weights: await open() };
}

/** A text encoder in a single file, with its published configuration and tokenizer. Undefined if `source` is not a file. */
async function openCLIPFile(source: WeightsSource, options: CLIPCheckpointOptions) {
	const file = await openEncoderFile(source, ["L", "H", "bigG"], repositoryOptions(options));
	if (!file) return undefined;
	if (options.variant !== undefined) {
		const message = "variant has no effect because the weights are a single file.";
		options.onWarning?.({ code: "option-unused", what: "variant", message });
	}
	const { name, config, weights, tokenizer } = file;
	return { name, config, weights, tokenizer: { name, ...(await clipVocabulary()), config: tokenizer } };
}

/** `preprocessor_config.json` of a folder, by default the root. Undefined if there is none. */
export function readPreprocessor(repository: Repository, folder = ""): Promise<unknown> {
	return readJsonIfThere(repository, folder ? `${folder}/preprocessor_config.json` : "preprocessor_config.json");
}

/** The tokenizer's files that exist. */
async function readTokenizer(repository: Repository): Promise<TokenizerFiles> {
	const [tokenizer, vocab, merges, config, specialTokens, addedTokens] = await Promise.all([
		readJsonIfThere(repository, "tokenizer.json"),
		readJsonIfThere(repository, "vocab.json"),
		readIfThere(repository, "merges.txt").then((bytes) => bytes && new TextDecoder().decode(bytes)),
		readJsonIfThere(repository, "tokenizer_config.json"),
		readJsonIfThere(repository, "special_tokens_map.json"),
		readJsonIfThere(repository, "added_tokens.json"),
	]);
	const whole = tokenizer !== undefined || (vocab !== undefined && merges !== undefined);
	const missing = whole ? undefined : repository.absent("tokenizer.json, or vocab.json and merges.txt,");
	if (missing) throw missing;
	return { name: repository.name, tokenizer, vocab, merges, config, specialTokens, addedTokens };
}
