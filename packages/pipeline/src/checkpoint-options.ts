import type { RepositoryOptions, RepositorySource, WeightsSource } from "@drum/hub";
import type { TextEncoder } from "@drum/tensor";

/** Text encoders by their names in a mix, `L`, `H`, `bigG`, `T5`: open ones, or places of their weights. */
export type GivenEncoders = Readonly<Record<string, TextEncoder | WeightsSource>>;

/**
 * How a checkpoint is opened. Places of parts are what the place of a checkpoint may be: a path, a hub id or an address, a `File`, the files
 * of a folder, a `Repository`.
 */
export interface CheckpointOptions extends RepositoryOptions {
	/** A variant of the weights, such as `"fp16"`, which halves the download. */
	variant?: string | undefined;
	/**
	 * For a single file: a folder or a hub id in the hub's layout whose configurations and tokenizers are used. Default those of the
	 * published model that the file's tensors tell, which are built in.
	 */
	config?: RepositorySource | undefined;
	/**
	 * Text encoders in place of the checkpoint's own, by their adapters' names; those are then not looked for. Each is one that is open
	 * already, or the place of one: a safetensors file, or a folder or hub id of it alone or of a checkpoint that has it.
	 */
	encoders?: GivenEncoders | undefined;
	/**
	 * A denoiser in place of the checkpoint's own, of the same layers: a safetensors file of its weights, such as
	 * `"ByteDance/SDXL-Lightning/sdxl_lightning_4step_unet.safetensors"`, or of a checkpoint; or a hub id or a folder of a denoiser alone, such as
	 * `"latent-consistency/lcm-sdxl"`, or of a checkpoint. Settings of how it is sampled are given by `schedulerConfig`.
	 */
	denoiser?: WeightsSource | undefined;
	/**
	 * A VAE in place of the checkpoint's own: a hub id or a folder, of a VAE alone, such as `"madebyollin/taesd"`, which is small and fast,
	 * or of a checkpoint that has one; or a safetensors file of an AutoencoderKL. AutoencoderKL or AutoencoderTiny, for the same latents.
	 */
	vae?: WeightsSource | undefined;
	/**
	 * A second VAE, by which `step.decode` of `onStep` shows a picture while it is drawn: a place too, best a small one such as
	 * `"madebyollin/taesd"`. Default: the VAE that decodes the picture.
	 */
	previewVae?: WeightsSource | undefined;
	/**
	 * Settings over the checkpoint's `scheduler_config.json`, under its names: `{ timestep_spacing: "trailing" }` for SDXL-Lightning,
	 * `{ shift: 5 }`, or a `_class_name` of another sampler.
	 */
	schedulerConfig?: Readonly<Record<string, unknown>> | undefined;
}
