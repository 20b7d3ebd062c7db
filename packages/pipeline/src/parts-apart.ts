import { type Autoencoder, autoencoderShape, type Denoiser, loadAutoencoder, type ModelFiles } from "@drum/diffusion";
import { checkDevice, deviceWarnings } from "@drum/graph";
import { repositoryOptions } from "@drum/hub";
import type { TensorSource, TextEncoder, Warning } from "@drum/tensor";
import { amendConfigs } from "./amend-configs.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { readModelIndex } from "./model-index.ts";
import { createEncoder, held } from "./open-parts.ts";
import { checkOpening } from "./opening-options.ts";
import { checkEncoderNames, checkWhole, chooseModel, isThere, readOutline, readScheduler } from "./outline.ts";
import type { PipelineOptions } from "./pipeline-parts.ts";
import { isOpenEncoder } from "./sources/check-places.ts";
import { placeDenoiser } from "./sources/denoiser-place.ts";
import { givenEncoder, ownEncoder } from "./sources/given-encoder.ts";
import { openSource } from "./sources/open-source.ts";
import { placeVae } from "./sources/vae-place.ts";
import { strayWeights } from "./unused-components.ts";

/** A part that has been found: its configuration, and the place of its weights. */
export interface FoundPart<Network> extends ModelFiles {
	/** Checks a `config.json`, parsed, as `load` does. @throws CheckpointError naming the field */
	parseConfig(config: unknown): unknown;
	/** Checks names and shapes of the weights (default: those of `checkpoint`) and makes the network, which loads at its first run. */
	load(weights?: TensorSource): Promise<Network>;
}

/** A checkpoint whose parts are opened one by one, so that a damaged one does not hide the others. */
export interface PartsApart {
	readonly name: string;
	readonly model: FoundationModel;
	/** Text encoders by their adapters' names, without optional ones that the checkpoint lacks. */
	readonly encoders: Readonly<Record<string, () => Promise<FoundPart<TextEncoder>>>>;
	denoiser(): Promise<FoundPart<Denoiser>>;
	vae(): Promise<FoundPart<Autoencoder>>;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	scheduler(): Promise<unknown>;
	/** @throws CheckpointError if the parts' configurations do not fit together */
	checkTogether(): Promise<void>;
	/** Warnings about the device and the whole checkpoint. Each part has its own. */
	readonly warnings: readonly Warning[];
}

/**
 * Finds out which of `models` a checkpoint is, and opens nothing else. Each part is opened on demand, and throws what
 * `DiffusionPipeline.fromPretrained` throws for that part.
 * @throws ArgumentError, DeviceError for wrong options; what `openRepository` and `findFile` throw; CheckpointError for a source that is not a
 * checkpoint of these models
 */
export async function openPartsApart(
	source: string,
	options: PipelineOptions & { models: readonly FoundationModel[] },
): Promise<PartsApart> {
	checkOpening("openPartsApart", options, ["models"]);
	const { models, ...rest } = options;
	const { variant, config, encoders: given = {}, schedulerConfig = {}, device = "cpu", threads, signal } = rest;
	const warnings = [...(await deviceWarnings(await checkDevice(device)))];
	const repository = repositoryOptions(rest);
	const checkpoint = await openSource(source, {
		...{ repository, variant, config, predictionType: schedulerConfig.prediction_type },
	});
	const index = await readModelIndex(checkpoint);
	const model = await chooseModel(checkpoint, index, models);
	checkEncoderNames(given, model);
	const runs = { device, threads, signal };

	const encoder = async (name: string): Promise<FoundPart<TextEncoder>> => {
		const place = model.encoders[name]!;
		const part = { name, folder: place.folder };
		const own = given[name];
		if (own === undefined) isThere(checkpoint, index, model, name);
		const found =
			own === undefined || isOpenEncoder(own)
				? ownEncoder(checkpoint, part)
				: await givenEncoder(checkpoint, part, own, repository);
		const opened = await place.open(found.files);
		const weights = await found.weights();
		const load = (source: TensorSource = weights) =>
			createEncoder(model, name, { name: found.name, weights: source, create: opened.create }, rest);
		const parseConfig = (config: unknown) => opened.parseConfig?.(config);
		return { name: found.name, config: opened.config, checkpoint: weights, load, parseConfig };
	};
	const isAbsent = (name: string) => {
		try {
			return given[name] === undefined && !isThere(checkpoint, index, model, name);
		} catch {
			// It is not optional, so opening it throws the error.
			return false;
		}
	};
	const placedDenoiser = () =>
		placeDenoiser(checkpoint, model.denoiser.folder, rest.denoiser, { ...repository, variant });
	const names = Object.keys(model.encoders).filter((name) => !isAbsent(name));
	return {
		name: checkpoint.name,
		model,
		encoders: Object.fromEntries(names.map((name) => [name, () => encoder(name)])),
		async denoiser() {
			const { name, config: stored, weights } = await placedDenoiser();
			const files = { name, config: amendConfigs(model, { denoiser: stored, vae: {} }).denoiser };
			model.denoiser.shape(files.config, name);
			const checkpoint = await weights();
			const load = (source: TensorSource = checkpoint) =>
				model.denoiser.load({ ...files, checkpoint: source }, { ...runs, ...held("denoiser", rest) });
			return { ...files, checkpoint, load, parseConfig: (config) => model.denoiser.shape(config, name) };
		},
		async vae() {
			checkWhole(checkpoint, { name: model.name, encoders: {} }, {}, rest.vae);
			const { name, config: stored, weights } = await placeVae(checkpoint, rest.vae, repository);
			const files = { name, config: amendConfigs(model, { denoiser: {}, vae: stored }).vae };
			const found = await weights();
			const load = (source: TensorSource = found) =>
				loadAutoencoder({ ...files, checkpoint: source }, { ...runs, ...held("vae", rest) });
			return { ...files, checkpoint: found, load, parseConfig: (config) => autoencoderShape(config, name) };
		},
		async scheduler() {
			const told = { ...checkpoint.schedulerSettings, ...(await placedDenoiser()).schedulerSettings };
			return readScheduler(checkpoint, index, model, { told, changes: schedulerConfig });
		},
		async checkTogether() {
			await readOutline(source, models, rest);
		},
		warnings: [...warnings, ...strayWeights(checkpoint)],
	};
}
