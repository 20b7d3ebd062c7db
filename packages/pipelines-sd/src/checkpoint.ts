import { readFile } from "node:fs/promises";
import { parseSchedulerFile } from "@drum/diffusion";
import type { TokenizerFiles } from "@drum/encoders-clip";
import { openRepository, pickWeights, type Repository, type RepositoryOptions } from "@drum/hub";
import { CheckpointError } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";

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
	scheduler: unknown;
}

export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
}

/**
 * Finds a Stable Diffusion checkpoint's files, downloading those that are not here. What it is, is read in `model_index.json`
 * before anything large is fetched.
 */
export async function openCheckpoint(
	source: string,
	{ variant, ...options }: CheckpointOptions = {},
): Promise<StableDiffusionFiles> {
	const repository = await openRepository(source, options);
	await checkIndex(repository);
	const scheduler = parseSchedulerFile(await readText(repository, "scheduler/scheduler_config.json"));
	const tokenizer = await openTokenizer(repository);
	// Configurations first: they are small, and say whether the rest is worth its download.
	const folders = { textEncoder: "text_encoder", unet: "unet", vae: "vae" } as const;
	const configs = {
		textEncoder: await readJson(repository, "text_encoder/config.json"),
		unet: await readJson(repository, "unet/config.json"),
		vae: await readJson(repository, "vae/config.json"),
	};
	const component = async (key: keyof typeof folders): Promise<Component> => {
		const stem = key === "textEncoder" ? "model" : "diffusion_pytorch_model";
		const checkpoint = await Checkpoint.open(await pickWeights(repository, folders[key], stem, variant));
		return { name: `${repository.name}/${folders[key]}`, config: configs[key], checkpoint };
	};
	return {
		name: repository.name,
		textEncoder: await component("textEncoder"),
		tokenizer,
		unet: await component("unet"),
		vae: await component("vae"),
		scheduler,
	};
}

async function checkIndex(repository: Repository): Promise<void> {
	const index = (await readJson(repository, "model_index.json")) as { _class_name?: unknown } | null;
	if (index?._class_name === "StableDiffusionPipeline") return;
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
	return readFile(await repository.file(path), "utf8");
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
