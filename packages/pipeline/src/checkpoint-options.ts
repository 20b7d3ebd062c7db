import type { RepositoryOptions, RepositorySource, WeightsSource } from "@drum/hub";
import type { TextEncoder } from "@drum/tensor";

/** Text encoders by their names in a mix, `L`, `H`, `bigG`, `T5`: opened encoders, or places of their weights. */
export type GivenEncoders = Readonly<Record<string, TextEncoder | WeightsSource>>;

/**
 * How a checkpoint is opened. A part can have the same kinds of places as a checkpoint: a path, a hub id or an address, a `File`, the files
 * of a folder, a `Repository`.
 */
export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
	/**
	 * For a single file: a folder or a hub id, in the hub's layout, with the configurations and tokenizers to use. Default: the built-in ones
	 * of the published model that the file's tensors match.
	 */
	config?: RepositorySource | undefined;
	/**
	 * Text encoders that replace the checkpoint's own, by their adapters' names. The replaced ones are not downloaded. Each is an opened
	 * encoder, or the place of one: a safetensors file, or a folder or hub id, of the encoder alone or of a checkpoint that contains it.
	 */
	encoders?: GivenEncoders | undefined;
	/**
	 * A denoiser that replaces the checkpoint's own and has the same layers: a safetensors file of its weights, such as
	 * `"ByteDance/SDXL-Lightning/sdxl_lightning_4step_unet.safetensors"`, or of a checkpoint; or a hub id or a folder of a denoiser alone, such as
	 * `"latent-consistency/lcm-sdxl"`, or of a checkpoint. Give the sampler settings that it needs as `schedulerConfig`.
	 */
	denoiser?: WeightsSource | undefined;
	/**
	 * A VAE that replaces the checkpoint's own, for the same latents: an AutoencoderKL or an AutoencoderTiny. A hub id or a folder, of a VAE
	 * alone, such as `"madebyollin/taesd"`, which is small and fast, or of a checkpoint; or a safetensors file of an AutoencoderKL.
	 */
	vae?: WeightsSource | undefined;
	/**
	 * The place of a second VAE, with which `step.decode` of `onStep` shows unfinished pictures. A small one is best, such as
	 * `"madebyollin/taesd"`. Default: the VAE that decodes the final picture.
	 */
	previewVae?: WeightsSource | undefined;
	/**
	 * Settings that override the checkpoint's `scheduler_config.json`, with its names: `{ timestep_spacing: "trailing" }` for SDXL-Lightning,
	 * `{ shift: 5 }`, or a `_class_name` of another sampler.
	 */
	schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}
