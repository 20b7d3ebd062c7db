import type { ModelFiles } from "@drum/diffusion";
import type { WeightsSource } from "@drum/hub";
import type { TensorSource, Warning } from "@drum/tensor";
import type { CheckpointOptions } from "./checkpoint-options.ts";
import type { OpenedEncoder } from "./encoder-place.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { checkModels, checkOpening } from "./opening-options.ts";
import { type EncoderOutline, placesOf, readOutline } from "./outline.ts";
import { strayWeights, unusedComponents } from "./unused-components.ts";

/** A checkpoint's encoder, read without its weights. */
export interface EncoderFiles extends Pick<OpenedEncoder, "create"> {
	/** Names it in messages. */
	name: string;
	weights: TensorSource;
}

/** A checkpoint's components, as its `model_index.json` lists them. */
export interface CheckpointFiles {
	name: string;
	model: FoundationModel;
	/** The checkpoint's own encoders that the caller does not replace, by their adapters' names. */
	encoders: Readonly<Record<string, EncoderFiles>>;
	denoiser: ModelFiles;
	/** The sources of encoders that are not the checkpoint's own, by name. */
	encoderSources?: Readonly<Record<string, string>> | undefined;
	/** The denoiser's source, if it is not the checkpoint's own. */
	denoiserSource?: string | undefined;
	vae: ModelFiles;
	/** The VAE for previews. */
	previewVae?: ModelFiles | undefined;
	/** The VAE's source, if it is not the checkpoint's own. */
	vaeSource?: string | undefined;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	scheduler: unknown;
	/** Whether no negative prompt means a condition of zeros. */
	forceZerosForEmptyPrompt: boolean;
	/** Warnings about parts in `model_index.json` that this pipeline does not run. */
	warnings: readonly Warning[];
}

/**
 * Finds a checkpoint's files, and downloads those that are missing. `model_index.json` and the components' configurations, or a single
 * file's tensor names, show which model it is. They are checked before anything large is downloaded.
 * @throws CheckpointError naming the file and the wrong field; what `openRepository` and `pickWeights` throw.
 */
export async function openCheckpoint(
	source: WeightsSource,
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
	const { checkpoint, index, model, configs, scheduler } = outline;
	const { name } = checkpoint;
	// The largest part comes last, so that errors in the others appear before its download.
	const vae = { name: outline.vae.name, config: configs.vae, checkpoint: await outline.vae.weights() };
	const preview = outline.previewVae;
	const previewVae = preview && { ...preview, checkpoint: await preview.weights() };
	const encoders = await openEncoders(outline.encoders, Object.keys(outline.encoders));
	const { name: denoiserName, source: denoiserSource } = outline.denoiser;
	const weights = await outline.denoiser.weights();
	const denoiser = { name: denoiserName, config: configs.denoiser, checkpoint: weights };
	const forceZerosForEmptyPrompt = index.force_zeros_for_empty_prompt ?? model.forceZerosForEmptyPrompt ?? false;
	const warnings = [...found, ...unusedComponents(name, index, model), ...strayWeights(checkpoint)];
	const vaeSource = outline.vae.source;
	return {
		name,
		model,
		encoders,
		denoiser,
		encoderSources: placesOf(options.encoders ?? {}),
		denoiserSource,
		vae,
		previewVae,
		vaeSource,
		scheduler,
		forceZerosForEmptyPrompt,
		warnings,
	};
}

/**
 * Finds only the files of a checkpoint's encoders: all of them, or those in `only`.
 * @throws as `openCheckpoint`
 */
export async function openEncoderFiles(
	source: WeightsSource,
	models: readonly FoundationModel[],
	{ only, ...options }: CheckpointOptions & { only?: ((model: FoundationModel) => readonly string[]) | undefined },
): Promise<Pick<CheckpointFiles, "name" | "model" | "encoders"> & { width: number }> {
	const { checkpoint, model, encoders, configs } = await readOutline(source, models, options);
	const { name } = checkpoint;
	const wanted = only?.(model).filter((encoder) => encoders[encoder]) ?? Object.keys(encoders);
	const { width } = model.denoiser.shape(configs.denoiser, `${name}/${model.denoiser.folder}`);
	return { name, model, width, encoders: await openEncoders(encoders, wanted) };
}

async function openEncoders(
	outlines: Readonly<Record<string, EncoderOutline>>,
	wanted: readonly string[],
): Promise<Record<string, EncoderFiles>> {
	const encoders: Record<string, EncoderFiles> = {};
	for (const encoder of wanted) {
		const { source, opened } = outlines[encoder]!;
		encoders[encoder] = { name: source.name, weights: await source.weights(), create: opened.create };
	}
	return encoders;
}
