import { DiffusionPipeline, openParts, type PipelineOptions } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "./models.ts";

/** Stable Diffusion, of every kind that `STABLE_DIFFUSION` lists, from a checkpoint in the hub's layout to pictures. */
export class StableDiffusion extends DiffusionPipeline {
	/**
	 * Opens a checkpoint: a folder, or a hub id (`"stable-diffusion-v1-5/stable-diffusion-v1-5"`), whose files are downloaded once.
	 * Which Stable Diffusion it is, is read in `model_index.json`. Configurations and the shape of every weight are checked; the
	 * weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static override async fromPretrained(source: string, options: PipelineOptions = {}): Promise<StableDiffusion> {
		return new StableDiffusion(await openParts(source, STABLE_DIFFUSION, options));
	}
}
