import type { Autoencoder, Denoiser } from "@drum/diffusion";
import type { Device, LayerError, WeightDtype, WeightOptions } from "@drum/graph";
import type { Encoders, Mix } from "@drum/peca";
import type { Warning } from "@drum/tensor";
import type { CheckpointOptions } from "./checkpoint-options.ts";
import type { FoundationModel } from "./foundation-model.ts";
import type { HeldAs } from "./memory.ts";
import type { TextualInversionOptions, TextualInversions } from "./textual-inversion/textual-inversions.ts";

export interface PipelineOptions extends CheckpointOptions {
	/** Where the models run. It is tested before anything is downloaded. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads that one operator uses. Default: as many as the machine runs at the same time. */
	threads?: number | undefined;
	/**
	 * T5's rows (tokens) for a prompt, 1 to 512, for plain and personalised pictures. Default with a profile: 256, as the published adapter
	 * was trained. Default without: 256 for SD 3 and 512 for FLUX, as in diffusers. SD 3 and FLUX.
	 */
	maxSequenceLength?: number | undefined;
	/**
	 * The type of the weights in memory and in computing: one for all, or one each for the denoiser, the VAE, T5, CLIP's text encoders and
	 * DrUM's adapters. `"int8"` computes in 8 bits: on a CPU about twice as fast as float32, and closer to it than bfloat16. `"int4"` saves
	 * memory: matrices of the denoiser and T5 have 4 bits, and the rest stays as stored. Both are made from the published weights at first
	 * use, and kept next to the hub's cache. A profile only works with the dtypes of its text encoders. Default `"auto"`: the type that the
	 * weights are stored in, but float32 on a CPU.
	 */
	dtype?: WeightDtype | HeldAs | undefined;
	/** Called while weights are quantised. */
	onQuantize?: WeightOptions["onQuantize"];
	/**
	 * Compares instead of computing with quantised weights: see `WeightOptions` of `@drum/graph`. Called with the errors of each run of the
	 * denoiser, the VAE and the text encoders, of which `part` is the one.
	 */
	onLayerErrors?: ((part: "denoiser" | "vae" | "T5" | "CLIP", errors: readonly LayerError[]) => void) | undefined;
	/**
	 * Frees the text encoders before denoising, and the denoiser before decoding, so that only one of them is in memory. They load again
	 * for the next picture. Default: on if all of them together would fill more than three quarters of the machine's memory.
	 */
	offload?: boolean | undefined;
	/** Textual inversions to load at the start, as `loadTextualInversion` does. Their files are found with the same options. */
	textualInversions?:
		| readonly ({ readonly source: string } & Pick<TextualInversionOptions, "token" | "encoder" | "weightName">)[]
		| undefined;
}

/** The parts of a pipeline. */
export interface PipelineParts {
	name: string;
	model: FoundationModel;
	mix: Mix;
	encoders: Encoders;
	denoiser: Denoiser;
	vae: Autoencoder;
	previewVae?: Autoencoder | undefined;
	encoderSources?: Readonly<Record<string, string>> | undefined;
	denoiserSource?: string | undefined;
	vaeSource?: string | undefined;
	scheduler: unknown;
	forceZerosForEmptyPrompt: boolean;
	device: Device;
	threads: number | undefined;
	adapterWeights?: WeightOptions | undefined;
	tokens: number;
	/** The option `offload`. Default: it follows from `kept` and the loaded LoRAs. */
	offload?: boolean | undefined;
	/** Bytes that all models take together, as forecast. */
	kept?: number | undefined;
	/** The same for a call that begins from a picture. Default: `kept`. */
	keptFromImage?: number | undefined;
	maxSequenceLength?: number | undefined;
	warnings?: readonly Warning[] | undefined;
	/** The textual inversions that the encoders have learned. */
	textualInversions?: TextualInversions | undefined;
}
