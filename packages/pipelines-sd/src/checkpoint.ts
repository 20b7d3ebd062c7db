import { readFile } from "node:fs/promises";
import { parseSchedulerFile } from "@drum/diffusion";
import type { TokenizerFiles } from "@drum/encoders-clip";
import { openRepository, pickWeights, type Repository, type RepositoryOptions } from "@drum/hub";
import { CheckpointError, FileError } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { amendScheduler, type Configs, checkConfigs } from "./configs.ts";

/** A component's configuration and weights. */
export interface Component {
	/** Names the component in messages. */
	name: string;
	config: unknown;
	checkpoint: Checkpoint;
}

/** A checkpoint's components, as its `model_index.json` lists them. */
export interface StableDiffusionFiles {
	name: string;
	textEncoder: Component;
	tokenizer: TokenizerFiles;
	unet: Component;
	vae: Component;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	scheduler: unknown;
}

export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
}

/**
 * Finds a Stable Diffusion checkpoint's files, downloading those that are not here. What it is, is read in `model_index.json`
 * and the components' configurations, and checked, before anything large is fetched.
 * @throws CheckpointError naming the file and the field that is not as it must be; what `openRepository` and `pickWeights` throw.
 */
export async function openCheckpoint(
	source: string,
	{ variant, ...options }: CheckpointOptions = {},
): Promise<StableDiffusionFiles> {
	const repository = await openRepository(source, options);
	const { name } = repository;
	const index = await readIndex(repository);
	const tokenizer = await openTokenizer(repository);
	const configs: Configs = {
		textEncoder: await readJson(repository, "text_encoder/config.json"),
		unet: await readJson(repository, "unet/config.json"),
		vae: await readJson(repository, "vae/config.json"),
		scheduler: amendScheduler(
			parseSchedulerFile(await readText(repository, "scheduler/scheduler_config.json")),
			index.scheduler,
		),
	};
	checkConfigs(name, configs);
	const open = async (folder: string, stem: string, config: unknown): Promise<Component> => {
		const checkpoint = await Checkpoint.open(await pickWeights(repository, folder, stem, variant));
		return { name: `${name}/${folder}`, config, checkpoint };
	};
	// The largest comes last: what is wrong with the others shows without it.
	const vae = await open("vae", "diffusion_pytorch_model", configs.vae);
	const textEncoder = await open("text_encoder", "model", configs.textEncoder);
	const unet = await open("unet", "diffusion_pytorch_model", configs.unet);
	return { name, textEncoder, tokenizer, unet, vae, scheduler: configs.scheduler };
}

async function readIndex(repository: Repository): Promise<{ scheduler?: unknown }> {
	const index = (await readJson(repository, "model_index.json")) as {
		_class_name?: unknown;
		scheduler?: unknown;
	} | null;
	if (index?._class_name === "StableDiffusionPipeline") return index;
	throw new CheckpointError({
		what: `_class_name in ${repository.name}/model_index.json`,
		expected: "StableDiffusionPipeline",
		found: JSON.stringify(index?._class_name) ?? "none",
		next: "This package runs Stable Diffusion 1 and 2",
	});
}

async function openTokenizer(repository: Repository): Promise<TokenizerFiles> {
	const optional = async (file: string) =>
		(await repository.has(`tokenizer/${file}`)) ? readText(repository, `tokenizer/${file}`) : undefined;
	const parsed = async (file: string) => {
		const text = await optional(file);
		return text === undefined ? undefined : parse(text, `${repository.name}/tokenizer/${file}`);
	};
	return {
		name: `${repository.name}/tokenizer`,
		tokenizer: await parsed("tokenizer.json"),
		vocab: await parsed("vocab.json"),
		merges: await optional("merges.txt"),
		config: await parsed("tokenizer_config.json"),
		specialTokens: await parsed("special_tokens_map.json"),
	};
}

async function readText(repository: Repository, path: string): Promise<string> {
	const file = await repository.file(path);
	try {
		return await readFile(file, "utf8");
	} catch (cause) {
		throw new FileError({ what: file, expected: "a file that can be read", found: (cause as Error).message, cause });
	}
}

async function readJson(repository: Repository, path: string): Promise<unknown> {
	return parse(await readText(repository, path), `${repository.name}/${path}`);
}

function parse(text: string, what: string): unknown {
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new CheckpointError({ what, expected: "JSON", found: (cause as Error).message, cause });
	}
}
