import { MIXES } from "@drum/peca";
import {
	clip,
	type DenoiserPlace,
	DiffusionPipeline,
	type FoundationModel,
	openFileParts,
	openParts,
	type PipelineOptions,
	t5,
	type WeightsSource,
} from "@drum/pipeline";
import { loadPart } from "@drum/tensor";
import { FLUX_SAMPLE_SIZE, parseFluxConfig } from "./transformer/config.ts";

const TRANSFORMER: DenoiserPlace = {
	folder: "transformer",
	fields: { channels: "in_channels", width: "joint_attention_dim", pooledWidth: "pooled_projection_dim" },
	shape(config, name) {
		const {
			in_channels,
			joint_attention_dim: width,
			pooled_projection_dim: pooledWidth,
		} = parseFluxConfig(config, name);
		// Latents go in as patches of 2 × 2.
		return { channels: in_channels / 4, sampleSize: FLUX_SAMPLE_SIZE, multiple: 2, width, pooledWidth };
	},
	async load(files, options) {
		const { FluxTransformer2D } = await loadPart(() => import("./transformer/flux-transformer-2d.ts"));
		return FluxTransformer2D.load(files, options);
	},
};

/** FLUX.1, dev and schnell. */
export const FLUX1: FoundationModel = {
	name: "FLUX.1",
	pipeline: "FluxPipeline",
	mix: MIXES.flux,
	encoders: { L: clip("text_encoder", "tokenizer"), T5: t5("text_encoder_2", "tokenizer_2") },
	denoiser: TRANSFORMER,
	latentSpace: "flux",
	defaults: { numInferenceSteps: 28, guidanceScale: 3.5 },
	strength: { image: 0.6, mask: 0.6 },
	strengthRounds: "left out",
	guidance: "distilled",
	unreadOfVae: ["latents_mean", "latents_std"],
	takes: ["prompt2", "negativePrompt2", "trueCfgScale", "maxSequenceLength"],
	maxSequenceLength: 512,
	roundsSizes: true,
	// From 1 to 1 / steps, which the scheduler then shifts.
	sigmas: (steps) => Array.from({ length: steps }, (_, i) => 1 + (i * (1 / steps - 1)) / Math.max(steps - 1, 1)),
};

/** The foundation models that `Flux` runs. */
export const FLUX: readonly FoundationModel[] = [FLUX1];

/** FLUX, from a checkpoint in the hub's layout, or in one file, to pictures. */
export class Flux extends DiffusionPipeline {
	/**
	 * Opens a checkpoint: a folder, or a hub id (`"black-forest-labs/FLUX.1-schnell"`), whose files are downloaded once, or a
	 * single safetensors file, as `fromSingleFile`. Configurations and the shape of every weight are checked; the weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static override async fromPretrained(source: WeightsSource, options: PipelineOptions = {}): Promise<Flux> {
		return new Flux(await openParts(source, FLUX, options));
	}

	/**
	 * Opens a checkpoint in one safetensors file: a path, or a hub id with the file's path behind it
	 * (`"owner/name/flux1-dev.safetensors"`), of which that file alone is downloaded. Most such files hold the transformer alone: the
	 * rest is given as `vae` and `encoders`.
	 * @throws ArgumentError for what is no file; what `fromPretrained` throws
	 */
	static override async fromSingleFile(source: WeightsSource, options: PipelineOptions = {}): Promise<Flux> {
		return new Flux(await openFileParts(source, FLUX, options));
	}
}
