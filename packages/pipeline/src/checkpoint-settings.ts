import { autoencoderShape, type SchedulerName, schedulerNamesFor } from "@drum/diffusion";
import type { WeightsSource } from "@drum/hub";
import type { CheckpointOptions } from "./checkpoint-options.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { checkOpening } from "./opening-options.ts";
import { SIDE_MULTIPLE } from "./options.ts";
import { readOutline } from "./outline.ts";

/** A checkpoint's model, and the defaults of its pipeline's calls. */
export interface CheckpointSettings {
	/** The checkpoint as messages name it. */
	readonly name: string;
	/** The foundation model. Its `defaults` are those of a call. */
	readonly model: FoundationModel;
	/** Default size of a picture, in pixels. */
	readonly height: number;
	readonly width: number;
	/** Heights and widths are multiples of this number of pixels. */
	readonly sizeMultiple: number;
	/** Samplers that can replace its own. */
	readonly schedulers: readonly SchedulerName[];
}

/**
 * Reads the settings of a checkpoint of one of `models` from its configurations. Does not look for weights, and downloads none.
 * @throws what `DiffusionPipeline.fromPretrained` throws for configurations
 */
export async function readCheckpointSettings(
	source: WeightsSource,
	opening: CheckpointOptions & { models: readonly FoundationModel[] },
): Promise<CheckpointSettings> {
	checkOpening("readCheckpointSettings", opening, ["models"]);
	const { models, ...options } = opening;
	const { checkpoint, model, vae, configs, scheduler } = await readOutline(source, models, options);
	const { name } = checkpoint;
	const { sampleSize, multiple } = model.denoiser.shape(configs.denoiser, `${name}/${model.denoiser.folder}`);
	const { scale } = autoencoderShape(configs.vae, vae.name);
	return {
		name,
		model,
		height: sampleSize[0] * scale,
		width: sampleSize[1] * scale,
		// Both are powers of 2.
		sizeMultiple: Math.max(SIDE_MULTIPLE, multiple * scale),
		schedulers: schedulerNamesFor(scheduler),
	};
}
