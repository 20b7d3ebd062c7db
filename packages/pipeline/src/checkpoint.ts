import { type ModelFiles, namedSettings, parseSchedulerFile } from "@drum/diffusion";
import { openRepository, pickWeights, type Repository, type RepositoryOptions, repositoryOptions } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import { ArgumentError, CheckpointError, type TensorSource, type Warning } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { amendConfigs, type DrawingConfigs } from "./amend-configs.ts";
import { checkConfigs, checkScheduler } from "./configs.ts";
import type { OpenedEncoder } from "./encoder-places.ts";
import { readJson, readText } from "./files.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { fittingModel, hasComponent, type ModelIndex, modelsOf, readModelIndex } from "./model-index.ts";
import { checkModels, checkOpening } from "./opening-options.ts";
import { unusedComponents } from "./unused-components.ts";
import { placeVae, type VaePlace } from "./vae-place.ts";

export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
	/** Text encoders in place of the checkpoint's own, by their adapters' names; those are then not looked for. */
	encoders?: Encoders | undefined;
	/**
	 * A VAE in place of the checkpoint's own: a hub id or a folder, of a VAE alone, such as `"madebyollin/taesd"`, which is small and fast,
	 * or of a checkpoint that has one. AutoencoderKL or AutoencoderTiny, for the same latents.
	 */
	vae?: string | undefined;
	/**
	 * Settings over the checkpoint's `scheduler_config.json`, under its names: `{ timestep_spacing: "trailing" }` for SDXL-Lightning,
	 * `{ shift: 5 }`, or a `_class_name` of another sampler.
	 */
	schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** An encoder of a checkpoint, read but for its weights. */
export interface EncoderFiles extends Pick<OpenedEncoder, "create"> {
	/** Names it in messages. */
	name: string;
	weights: TensorSource;
}

/** A checkpoint's components, as its `model_index.json` lists them. */
export interface CheckpointFiles {
	name: string;
	model: FoundationModel;
	/** Those that the checkpoint has and the caller has not, by their adapters' names. */
	encoders: Readonly<Record<string, EncoderFiles>>;
	denoiser: ModelFiles;
	vae: ModelFiles;
	/** Where the VAE is from, if not from the checkpoint. */
	vaeSource?: string | undefined;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	scheduler: unknown;
	/** Whether no negative prompt means a condition of zeros. */
	forceZerosForEmptyPrompt: boolean;
	/** What its `model_index.json` lists and nothing here runs. */
	warnings: readonly Warning[];
}

/** What is read of a checkpoint before weights are looked for. */
interface Outline {
	repository: Repository;
	index: ModelIndex;
	model: FoundationModel;
	opened: Readonly<Record<string, OpenedEncoder>>;
	vae: VaePlace;
	configs: DrawingConfigs;
	scheduler: unknown;
}

/**
 * Finds a checkpoint's files, downloading those that are not here. What it is, is read in `model_index.json` and the components'
 * configurations, and checked, before anything large is fetched.
 * @throws CheckpointError naming the file and the field that is not as it must be; what `openRepository` and `pickWeights` throw.
 */
export async function openCheckpoint(
	source: string,
	models: readonly FoundationModel[],
	options: CheckpointOptions,
): Promise<CheckpointFiles> {
	checkOpening("openCheckpoint", options);
	checkModels(models);
	const found: Warning[] = [];
	const onWarning = (warning: Warning) => {
		found.push(warning);
		options.onWarning?.(warning);
	};
	const outline = await readOutline(source, models, { ...options, onWarning });
	const { repository, index, model, configs, scheduler } = outline;
	const { name } = repository;
	const open = async (place: Omit<VaePlace, "config">, config: unknown): Promise<ModelFiles> => {
		// A variant is the checkpoint's.
		const variant = place.repository === repository ? options.variant : undefined;
		const path = await pickWeights(place.repository, place.folder, "diffusion_pytorch_model", variant, onWarning);
		return { name: place.name, config, checkpoint: await Checkpoint.open(path) };
	};
	// The largest comes last: what is wrong with the others shows without it.
	const vae = await open(outline.vae, configs.vae);
	const encoders = await pickEncoders(outline, Object.keys(outline.opened), { ...options, onWarning });
	const { folder } = model.denoiser;
	const denoiser = await open({ repository, folder, name: `${name}/${folder}` }, configs.denoiser);
	const forceZerosForEmptyPrompt = index.force_zeros_for_empty_prompt ?? model.forceZerosForEmptyPrompt ?? false;
	const warnings = [...found, ...unusedComponents(name, index, model)];
	const vaeSource = outline.vae.repository === repository ? undefined : outline.vae.repository.name;
	return { name, model, encoders, denoiser, vae, vaeSource, scheduler, forceZerosForEmptyPrompt, warnings };
}

/**
 * Finds the files of a checkpoint's encoders alone: all of them, or those of `only`.
 * @throws as `openCheckpoint` does.
 */
export async function openEncoderFiles(
	source: string,
	models: readonly FoundationModel[],
	{ only, ...options }: CheckpointOptions & { only?: ((model: FoundationModel) => readonly string[]) | undefined },
): Promise<Pick<CheckpointFiles, "name" | "model" | "encoders"> & { width: number }> {
	const outline = await readOutline(source, models, options);
	const { repository, model, opened, configs } = outline;
	const wanted = only?.(model).filter((encoder) => opened[encoder]) ?? Object.keys(opened);
	const { width } = model.denoiser.shape(configs.denoiser, `${repository.name}/${model.denoiser.folder}`);
	return { name: repository.name, model, width, encoders: await pickEncoders(outline, wanted, options) };
}

/** Reads what is small, and checks that the parts belong together. */
export async function readOutline(
	source: string,
	models: readonly FoundationModel[],
	{ variant, encoders: own = {}, schedulerConfig = {}, vae: otherVae, ...options }: CheckpointOptions,
): Promise<Outline> {
	const repository = await openRepository(source, repositoryOptions(options));
	const index = await readModelIndex(repository);
	const [model, opened] = await chooseModel(repository, index, models, own);
	const vae = await placeVae(repository, otherVae, options);
	const denoiser = await readJson(repository, `${model.denoiser.folder}/config.json`);
	const configs = amendConfigs(model, { denoiser, vae: vae.config });
	const scheduler = await readScheduler(repository, index, model, schedulerConfig);
	checkConfigs(repository.name, model, { ...configs, encoders: { ...opened, ...own }, vaeName: vae.name });
	checkScheduler(model, scheduler);
	return { repository, index, model, opened, vae, configs, scheduler };
}

async function pickEncoders(
	{ repository, model, opened }: Outline,
	wanted: readonly string[],
	{ variant, onWarning }: CheckpointOptions,
): Promise<Record<string, EncoderFiles>> {
	const encoders: Record<string, EncoderFiles> = {};
	for (const encoder of wanted) {
		const { folder } = model.encoders[encoder]!;
		const weights = await Checkpoint.open(await pickWeights(repository, folder, "model", variant, onWarning));
		encoders[encoder] = { name: `${repository.name}/${folder}`, weights, create: opened[encoder]!.create };
	}
	return encoders;
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
	// Only models that share a class are told apart by these.
	const places = candidates.length > 1 ? candidates.flatMap(({ encoders }) => Object.values(encoders)) : [];
	for (const { folder } of places) {
		const path = `${folder}/config.json`;
		if (hasComponent(index, folder) && (await repository.has(path)))
			configs[folder] ??= await readJson(repository, path);
	}
	const model = fittingModel(candidates, configs)!;
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
	const amended = model.amendScheduler?.(named) ?? named;
	return Object.keys(changes).length === 0 ? amended : { ...namedSettings(amended), ...changes };
}
