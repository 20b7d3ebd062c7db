import { DiffusionPipeline, openFileParts, openParts, type PipelineOptions, type WeightsSource } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "./models.ts";

/** Any Stable Diffusion that `STABLE_DIFFUSION` lists, from a checkpoint in the hub's layout, or in one file, to pictures. */
export class StableDiffusion extends DiffusionPipeline {
	/**
	 * Opens a checkpoint: a folder, or a hub id (`"stable-diffusion-v1-5/stable-diffusion-v1-5"`), whose files are downloaded once, or
	 * a single safetensors file, as `fromSingleFile`. Which Stable Diffusion it is, is read in `model_index.json`, or in the file's
	 * names. Configurations and the shape of every weight are checked; the weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static override async fromPretrained(source: WeightsSource, options: PipelineOptions = {}): Promise<StableDiffusion> {
		return new StableDiffusion(await openParts(source, STABLE_DIFFUSION, options));
	}

	/**
	 * Opens a checkpoint in one safetensors file, as people share them: a path, or a hub id with the file's path behind it
	 * (`"owner/name/model.safetensors"`), of which that file alone is downloaded. Parts that it lacks are given as `vae` and `encoders`.
	 * @throws ArgumentError for what is no file; what `fromPretrained` throws
	 */
	static override async fromSingleFile(source: WeightsSource, options: PipelineOptions = {}): Promise<StableDiffusion> {
		return new StableDiffusion(await openFileParts(source, STABLE_DIFFUSION, options));
	}
}
