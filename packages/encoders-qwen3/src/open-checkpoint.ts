import {
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
import type { Qwen3TextEncoderOptions } from "./qwen3-text-options.ts";
import type { Qwen2TokenizerFiles } from "./tokenizer.ts";

type Running = Pick<Qwen3TextEncoderOptions, (typeof RUNNING)[number]>;

const RUNNING = ["use", "maxLength", "device", "threads", "dtype", "cacheFolder", "onQuantize"] as const;

/** Options to open a Qwen3 from a folder or the hub. */
export interface Qwen3CheckpointOptions extends RepositoryOptions, Running {
	/** Variant of the weights, such as `fp16` for `model.fp16.safetensors`. Default: files without a variant. */
	variant?: "fp16" | (string & {}) | undefined;
}

/** Opens the files and returns the options of `Qwen3TextEncoder.create`. */
export async function openQwen3(
	source: WeightsSource,
	options: Qwen3CheckpointOptions,
): Promise<Qwen3TextEncoderOptions> {
	checkNames("fromPretrained", options, [...REPOSITORY_OPTIONS, ...RUNNING, "variant"]);
	const { variant, onWarning } = options;
	const running = Object.fromEntries(RUNNING.map((name) => [name, options[name]])) as unknown as Running;
	const repository = await openRepository(source, repositoryOptions(options));
	const { name } = repository;
	const config = await readJson(repository, "config.json");
	const tokenizer = await readTokenizer(repository);
	const weights = await Checkpoint.open(await pickWeights(repository, "", "model", variant, onWarning));
	return { ...running, name, config, weights, tokenizer };
}

async function readTokenizer(repository: Repository): Promise<Qwen2TokenizerFiles> {
	const json = (path: string) => readJsonIfThere(repository, path);
	const tokenizer = await json("tokenizer.json");
	const [vocab, merges] = tokenizer
		? [undefined, undefined]
		: [await json("vocab.json"), await readIfThere(repository, "merges.txt")];
	const missing =
		tokenizer || (vocab && merges) ? undefined : repository.absent("tokenizer.json, or vocab.json and merges.txt");
	if (missing) throw missing;
	const [config, specialTokens, addedTokens] = await Promise.all(
		["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"].map(json),
	);
	const text = merges && new TextDecoder().decode(merges);
	return { name: repository.name, tokenizer, vocab, merges: text, config, specialTokens, addedTokens };
}
