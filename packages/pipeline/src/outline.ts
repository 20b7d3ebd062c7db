import { namedSettings, parseSchedulerFile } from "@drum/diffusion";
import { repositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import type { Encoders } from "@drum/peca";
import { ArgumentError, CheckpointError, type TextEncoder } from "@drum/tensor";
import { amendConfigs, type DrawingConfigs } from "./amend-configs.ts";
import type { CheckpointOptions, GivenEncoders } from "./checkpoint-options.ts";
import { checkConfigs, checkScheduler } from "./configs.ts";
import type { OpenedEncoder } from "./encoder-place.ts";
import { readJson, readText } from "./files.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { fittingModel, hasComponent, type ModelIndex, modelsOf, readModelIndex } from "./model-index.ts";
import { isOpenEncoder } from "./sources/check-places.ts";
import type { CheckpointSource } from "./sources/checkpoint-source.ts";
import { type DenoiserSource, placeDenoiser } from "./sources/denoiser-place.ts";
import { type EncoderSource, givenEncoder, ownEncoder } from "./sources/given-encoder.ts";
import { openSource } from "./sources/open-source.ts";
import { placeVae, type VaePlace } from "./sources/vae-place.ts";

/** What is read of a checkpoint before looking for weights. */
export interface Outline {
	checkpoint: CheckpointSource;
	index: ModelIndex;
	model: FoundationModel;
	/** The encoders that are not open yet, by their adapters' names. */
	encoders: Readonly<Record<string, EncoderOutline>>;
	denoiser: DenoiserSource;
	vae: VaePlace;
	/** The VAE for previews, with its configuration as the pipeline uses it. */
	previewVae: VaePlace | undefined;
	configs: DrawingConfigs;
	scheduler: unknown;
}

export interface EncoderOutline {
	source: EncoderSource;
	opened: OpenedEncoder;
}

/** Reads the small files, and checks that the parts exist and fit together. */
export async function readOutline(
	source: WeightsSource,
	models: readonly FoundationModel[],
	{
		variant,
		config,
		encoders: given = {},
		schedulerConfig = {},
		denoiser: otherDenoiser,
		vae: otherVae,
		previewVae,
		...options
	}: CheckpointOptions,
): Promise<Outline> {
	const repository = repositoryOptions(options);
	const predictionType = schedulerConfig.prediction_type;
	const checkpoint = await openSource(source, { repository, variant, config, predictionType });
	const index = await readModelIndex(checkpoint);
	const model = await chooseModel(checkpoint, index, models);
	checkEncoderNames(given, model);
	checkWhole(checkpoint, model, given, otherVae);
	const encoders: Record<string, EncoderOutline> = {};
	for (const [encoder, place] of Object.entries(model.encoders)) {
		const part = { name: encoder, folder: place.folder };
		const own = given[encoder];
		if (isOpenEncoder(own)) continue;
		if (own === undefined && !isThere(checkpoint, index, model, encoder)) continue;
		const found =
			own === undefined ? ownEncoder(checkpoint, part) : await givenEncoder(checkpoint, part, own, repository);
		encoders[encoder] = { source: found, opened: await place.open(found.files) };
	}
	const vae = await placeVae(checkpoint, otherVae, repository);
	const denoiser = await placeDenoiser(checkpoint, model.denoiser.folder, otherDenoiser, { ...repository, variant });
	const configs = amendConfigs(model, { denoiser: denoiser.config, vae: vae.config });
	const told = { ...checkpoint.schedulerSettings, ...denoiser.schedulerSettings };
	const scheduler = await readScheduler(checkpoint, index, model, { told, changes: schedulerConfig });
	const opened = Object.entries(encoders).map(([encoder, { opened }]) => [encoder, opened] as const);
	const widths = { ...Object.fromEntries(opened), ...openEncodersOf(given) };
	const parts = { encoders: widths, denoiserName: denoiser.name };
	checkConfigs(model, { ...configs, ...parts, vaeName: vae.name });
	const preview = previewVae === undefined ? undefined : await placeVae(checkpoint, previewVae, repository);
	const ofPreview = preview && amendConfigs(model, { denoiser: denoiser.config, vae: preview.config });
	if (ofPreview) checkConfigs(model, { ...ofPreview, ...parts, vaeName: preview.name });
	await checkScheduler(model, scheduler);
	const previews = preview && { ...preview, config: ofPreview!.vae };
	return { checkpoint, index, model, encoders, denoiser, vae, previewVae: previews, configs, scheduler };
}

/** The given encoders that are already open. */
export function openEncodersOf(given: GivenEncoders): Encoders {
	return Object.fromEntries(
		Object.entries(given).filter((entry): entry is [string, TextEncoder] => isOpenEncoder(entry[1])),
	);
}

/** The given encoders that are places, by their names. Undefined if there are none. */
export function placesOf(given: GivenEncoders): Readonly<Record<string, string>> | undefined {
	const places = Object.entries(given).filter((entry): entry is [string, WeightsSource] => !isOpenEncoder(entry[1]));
	return places.length === 0 ? undefined : Object.fromEntries(places.map(([name, place]) => [name, sourceName(place)]));
}

/** The model with this pipeline class that the encoders' configurations fit. */
export async function chooseModel(
	checkpoint: CheckpointSource,
	index: ModelIndex,
	models: readonly FoundationModel[],
): Promise<FoundationModel> {
	const candidates = modelsOf(checkpoint, index, models);
	const configs: Record<string, unknown> = {};
	// Only needed to distinguish models with the same class.
	const places = candidates.length > 1 ? candidates.flatMap(({ encoders }) => Object.values(encoders)) : [];
	for (const { folder } of places) {
		const path = `${folder}/config.json`;
		if (hasComponent(index, folder) && (await checkpoint.has(path)))
			configs[folder] ??= await readJson(checkpoint, path);
	}
	return fittingModel(candidates, configs)!;
}

export function checkEncoderNames(given: GivenEncoders, model: FoundationModel): void {
	const unknown = Object.keys(given).find((encoder) => !model.encoders[encoder]);
	if (unknown === undefined) return;
	throw new ArgumentError({
		what: `encoders.${unknown}`,
		expected: `one of ${Object.keys(model.encoders).join(", ")}, as ${model.name} has them`,
		found: "another name",
	});
}

/** Whether the checkpoint has an encoder. @throws CheckpointError if one is missing that is not optional */
export function isThere(
	checkpoint: CheckpointSource,
	index: ModelIndex,
	model: FoundationModel,
	encoder: string,
): boolean {
	const { folder, optional } = model.encoders[encoder]!;
	if (hasComponent(index, folder) && (checkpoint.holds?.parts.has(encoder) ?? true)) return true;
	if (optional) return false;
	throw new CheckpointError({
		what: `${folder} in ${checkpoint.name}/model_index.json`,
		expected: `a text encoder, as ${model.name} has`,
		found: "none",
		next: `Give one of your own: encoders: { ${encoder}: … }`,
	});
}

/** @throws CheckpointError for a single file that lacks parts which the options do not give either */
export function checkWhole(
	{ name, holds }: CheckpointSource,
	model: Pick<FoundationModel, "name" | "encoders">,
	given: GivenEncoders,
	vae: WeightsSource | undefined,
): void {
	if (!holds) return;
	const missing = Object.entries(model.encoders).filter(
		([encoder, { optional }]) => !optional && given[encoder] === undefined && !holds.parts.has(encoder),
	);
	const encoders = missing.map(([encoder]) => encoder);
	const lacksVae = vae === undefined && !holds.parts.has("vae");
	if (encoders.length === 0 && !lacksVae) return;
	const options = [
		...(lacksVae ? ['vae: "…"'] : []),
		...(encoders.length > 0 ? [`encoders: { ${encoders.map((encoder) => `${encoder}: "…"`).join(", ")} }`] : []),
	];
	const parts = [...(lacksVae ? ["VAE"] : []), ...encoders.map((encoder) => `text encoder ${encoder}`)];
	throw new CheckpointError({
		what: name,
		expected: `${model.name} with its ${parts.join(", ")}`,
		found: holds.is,
		next: `Give what is missing by its place: ${options.join(", ")}`,
	});
}

/**
 * The scheduler's settings as diffusers reads them, with the class in `model_index.json`. `told` by the weights' file and `changes` by the user
 * override those of the file.
 */
export async function readScheduler(
	checkpoint: CheckpointSource,
	index: ModelIndex,
	model: FoundationModel,
	{ told, changes }: Readonly<Record<"told" | "changes", Readonly<Record<string, unknown>>>>,
): Promise<unknown> {
	const config = parseSchedulerFile(await readText(checkpoint, "scheduler/scheduler_config.json"));
	if (typeof config !== "object" || config === null || Array.isArray(config)) return config;
	const { scheduler: listed } = index;
	const className = Array.isArray(listed) && typeof listed[1] === "string" ? { _class_name: listed[1] } : {};
	const named = { ...config, ...className, ...told };
	const amended = model.amendScheduler?.(named) ?? named;
	return Object.keys(changes).length === 0 ? amended : { ...namedSettings(amended), ...changes };
}
