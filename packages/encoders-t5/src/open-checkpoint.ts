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
import type { T5TextEncoderOptions } from "./t5-text-options.ts";
import type { T5TokenizerFiles } from "./tokenizer.ts";
import { t5Vocabulary } from "./vocabulary.ts";

type Running = Pick<T5TextEncoderOptions, (typeof RUNNING)[number]>;

const RUNNING = ["maxLength", "device", "threads", "dtype", "cacheFolder", "onQuantize"] as const;

/** Options to open a T5 encoder from a file, a folder or the hub. */
export interface T5CheckpointOptions extends RepositoryOptions, Running {
	/** Variant of the weights, such as `fp16` for `model.fp16.safetensors`. Default: files without a variant. */
	variant?: "fp16" | (string & {}) | undefined;
}

/** Opens the files and returns the options of `T5TextEncoder.create`. */
export async function openT5(source: WeightsSource, options: T5CheckpointOptions): Promise<T5TextEncoderOptions> {
	checkNames("fromPretrained", options, [...REPOSITORY_OPTIONS, ...RUNNING, "variant"]);
	const { variant, onWarning } = options;
	const running: Running = Object.fromEntries(RUNNING.map((name) => [name, options[name]]));
	const file = await openEncoderFile(source, ["T5"], repositoryOptions(options));
	if (file) {
		const { name, config, weights, tokenizer } = file;
		const message = "variant has no effect because the weights are a single file.";
		if (variant !== undefined) onWarning?.({ code: "option-unused", what: "variant", message });
		return { ...running, name, config, weights, tokenizer: { name, ...(await t5Vocabulary()), config: tokenizer } };
	}
	const repository = await openRepository(source, repositoryOptions(options));
	const { name } = repository;
	const config = await readJson(repository, "config.json");
	const tokenizer = await readTokenizer(repository);
	const weights = await Checkpoint.open(await pickWeights(repository, "", "model", variant, onWarning));
	return { ...running, name, config, weights, tokenizer };
}

async function readTokenizer(repository: Repository): Promise<T5TokenizerFiles> {
	const json = (path: string) => readJsonIfThere(repository, path);
	const tokenizer = await json("tokenizer.json");
	const spiece = tokenizer ? undefined : await readIfThere(repository, "spiece.model");
	const missing = tokenizer || spiece ? undefined : repository.absent("tokenizer.json or spiece.model");
	if (missing) throw missing;
	const [config, specialTokens, addedTokens] = await Promise.all(
		["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"].map(json),
	);
	return { name: repository.name, tokenizer, spiece, config, specialTokens, addedTokens };
}
