import { parseSchedulerFile } from "@drum/diffusion";
import { openRepository, pickWeights, type Repository, type RepositoryOptions } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import { ArgumentError, CheckpointError } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { checkConfigs, checkScheduler } from "./configs.ts";
import type { OpenedEncoder } from "./encoder-places.ts";
import { readJson, readText } from "./files.ts";
import type { DenoiserFiles, FoundationModel } from "./foundation-model.ts";
import { hasComponent, type ModelIndex, modelsOf, readModelIndex } from "./model-index.ts";

export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
	/** Text encoders in place of the checkpoint's own, by their adapters' names; those are then not looked for. */
	encoders?: Encoders | undefined;
	/**
	 * Settings over the checkpoint's `scheduler_config.json`, under its names: `{ timestep_spacing: "trailing" }` for SDXL-Lightning,
	 * `{ shift: 5 }`, or a `_class_name` of another sampler.
	 */
	schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** A component's configuration and weights. */
export interface Component extends DenoiserFiles {
	checkpoint: Checkpoint;
}

/** An encoder of a checkpoint, read but for its weights. */
export interface EncoderFiles extends Pick<OpenedEncoder, "create"> {
	/** Names it in messages. */
	name: string;
	weights: Checkpoint;
}

/** A checkpoint's components, as its `model_index.json` lists them. */
export interface CheckpointFiles {
	name: string;
	model: FoundationModel;
	/** Those that the checkpoint has and the caller has not, by their adapters' names. */
	encoders: Readonly<Record<string, EncoderFiles>>;
	denoiser: Component;
	vae: Component;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	scheduler: unknown;
	/** Whether no negative prompt means a condition of zeros. */
	forceZerosForEmptyPrompt: boolean;
}

/**
 * Finds a checkpoint's files, downloading those that are not here. What it is, is read in `model_index.json` and the components'
 * configurations, and checked, before anything large is fetched.
 * @throws CheckpointError naming the file and the field that is not as it must be; what `openRepository` and `pickWeights` throw.
 */
export async function openCheckpoint(
	source: string,
	models: readonly FoundationModel[],
	{ variant, encoders: own = {}, schedulerConfig = {}, ...options }: CheckpointOptions,
): Promise<CheckpointFiles> {
	const repository = await openRepository(source, options);
	const { name } = repository;
	const index = await readModelIndex(repository);
	const [model, opened] = await chooseModel(repository, index, models, own);
	const { folder } = model.denoiser;
	const configs = {
		denoiser: await readJson(repository, `${folder}/config.json`),
		vae: await readJson(repository, "vae/config.json"),
	};
	const scheduler = await readScheduler(repository, index, model, schedulerConfig);
	checkConfigs(name, model, { ...configs, encoders: { ...opened, ...own } });
	checkScheduler(model, scheduler);

	const pick = async (folder: string, stem: string) =>
		Checkpoint.open(await pickWeights(repository, folder, stem, variant));
	// The largest comes last: what is wrong with the others shows without it.
	const vae = { name: `${name}/vae`, config: configs.vae, checkpoint: await pick("vae", "diffusion_pytorch_model") };
	const encoders: Record<string, EncoderFiles> = {};
	for (const [encoder, { create }] of Object.entries(opened)) {
		const { folder } = model.encoders[encoder]!;
		encoders[encoder] = { name: `${name}/${folder}`, weights: await pick(folder, "model"), create };
	}
	const checkpoint = await pick(folder, "diffusion_pytorch_model");
	const denoiser = { name: `${name}/${folder}`, config: configs.denoiser, checkpoint };
	const forceZerosForEmptyPrompt = index.force_zeros_for_empty_prompt ?? model.forceZerosForEmptyPrompt ?? false;
	return { name, model, encoders, denoiser, vae, scheduler, forceZerosForEmptyPrompt };
}

/** The model of those with this pipeline class that the encoders' configurations fit, and these encoders. */
async function chooseModel(
	repository: Repository,
	index: ModelIndex,
	models: readonly FoundationModel[],
	own: Encoders,
): Promise<[FoundationModel, Record<string, OpenedEncoder>]> {
	const candidates = modelsOf(repository, index, models);
	const configs: Record<string, unknown> = {};
	for (const { folder } of candidates.flatMap(({ encoders }) => Object.values(encoders))) {
		const path = `${folder}/config.json`;
		if (hasComponent(index, folder) && (await repository.has(path)))
			configs[folder] ??= await readJson(repository, path);
	}
	const model = candidates.find(({ fits }) => fits?.(configs) ?? true) ?? candidates[0]!;
	const unknown = Object.keys(own).find((encoder) => !model.encoders[encoder]);
	if (unknown) {
		throw new ArgumentError({
			what: `encoders.${unknown}`,
			expected: `one of ${Object.keys(model.encoders).join(", ")}, as ${model.name} has them`,
			found: "another name",
		});
	}
	const opened: Record<string, OpenedEncoder> = {};
	for (const [encoder, place] of Object.entries(model.encoders)) {
		if (own[encoder]) continue;
		if (hasComponent(index, place.folder)) opened[encoder] = await place.open(repository);
		else if (!place.optional) {
			throw new CheckpointError({
				what: `${place.folder} in ${repository.name}/model_index.json`,
				expected: `a text encoder, as ${model.name} has`,
				found: "none",
				next: `Give one of your own: encoders: { ${encoder}: … }`,
			});
		}
	}
	return [model, opened];
}

/** The scheduler's settings, of the class that `model_index.json` lists, as diffusers reads them. */
async function readScheduler(
	repository: Repository,
	index: ModelIndex,
	model: FoundationModel,
	changes: Readonly<Record<string, unknown>>,
): Promise<unknown> {
	const config = parseSchedulerFile(await readText(repository, "scheduler/scheduler_config.json"));
	if (typeof config !== "object" || config === null || Array.isArray(config)) return config;
	const { scheduler: listed } = index;
	const className = Array.isArray(listed) && typeof listed[1] === "string" ? { _class_name: listed[1] } : {};
	const named = { ...config, ...className };
	return { ...(model.amendScheduler?.(named) ?? named), ...changes };
}
