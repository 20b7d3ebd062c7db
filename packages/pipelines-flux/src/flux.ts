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
		// The transformer takes latents as patches of 2 × 2.
		return { channels: in_channels / 4, sampleSize: FLUX_SAMPLE_SIZE, multiple: 2, width, pooledWidth };
	},
	async load(files, options) {
		const { FluxTransformer2D } = await loadPart(() => import("./transformer/flux-transformer-2d.ts"));
		return FluxTransformer2D.load(files, options);
	},
};

/** FLUX.1 [dev] and [schnell]. */
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

/** Draws pictures with FLUX, from a checkpoint in the hub's layout or in one file. */
export class Flux extends DiffusionPipeline {
	/**
	 * Opens a checkpoint: a folder, or a hub id (`"black-forest-labs/FLUX.1-schnell"`), whose files are downloaded once, or a
	 * single safetensors file, as `fromSingleFile` does. Configurations and the shape of every weight are checked here. The weights load
	 * when they are first needed.
	 * @throws ArgumentError, DeviceError for wrong options or a device that does not work, before any download; FileError, DownloadError
	 * for files that are missing or cannot be fetched; CheckpointError for a checkpoint of another kind, or a damaged one.
	 */
	static override async fromPretrained(source: WeightsSource, options: PipelineOptions = {}): Promise<Flux> {
		return new Flux(await openParts(source, FLUX, options));
	}

	/**
	 * Opens a checkpoint in one safetensors file: its path, its address on the hub, or a hub id followed by the file's path, such as
	 * `"owner/name/flux1-dev.safetensors"`. Only that file is downloaded. Most such files contain only the transformer: give the other parts
	 * as `vae` and `encoders`.
	 * @throws ArgumentError if `source` is not the place of a file; otherwise as `fromPretrained`
	 */
	static override async fromSingleFile(source: WeightsSource, options: PipelineOptions = {}): Promise<Flux> {
		return new Flux(await openFileParts(source, FLUX, options));
	}
}
