import { DiffusionPipeline, openFileParts, openParts, type PipelineOptions, type WeightsSource } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "./models.ts";

/** Draws pictures with any Stable Diffusion that `STABLE_DIFFUSION` lists, from a checkpoint in the hub's layout or in one file. */
export class StableDiffusion extends DiffusionPipeline {
	/**
	 * Opens a checkpoint: a folder, or a hub id (`"stable-diffusion-v1-5/stable-diffusion-v1-5"`), whose files are downloaded once, or
	 * a single safetensors file, as `fromSingleFile` does. `model_index.json`, or the tensor names in the file, show which Stable
	 * Diffusion it is. Configurations and the shape of every weight are checked here. The weights load when they are first needed.
	 * @throws ArgumentError, DeviceError for wrong options or a device that does not work, before any download; FileError, DownloadError
	 * for files that are missing or cannot be fetched; CheckpointError for a checkpoint of another kind, or a damaged one.
	 */
	static override async fromPretrained(source: WeightsSource, options: PipelineOptions = {}): Promise<StableDiffusion> {
		return new StableDiffusion(await openParts(source, STABLE_DIFFUSION, options));
	}

	/**
	 * Opens a checkpoint in one safetensors file: its path, its address on the hub, or a hub id followed by the file's path, such as
	 * `"owner/name/model.safetensors"`. Only that file is downloaded. Give parts that it lacks as `vae` and `encoders`.
	 * @throws ArgumentError if `source` is not the place of a file; otherwise as `fromPretrained`
	 */
	static override async fromSingleFile(source: WeightsSource, options: PipelineOptions = {}): Promise<StableDiffusion> {
		return new StableDiffusion(await openFileParts(source, STABLE_DIFFUSION, options));
	}
}
