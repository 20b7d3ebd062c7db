import type { Autoencoder, Denoiser } from "@drum/diffusion";
import type { Device, LayerError, WeightDtype, WeightOptions } from "@drum/graph";
import type { Encoders, Mix } from "@drum/peca";
import type { Warning } from "@drum/tensor";
import type { CheckpointOptions } from "./checkpoint-options.ts";
import type { FoundationModel } from "./foundation-model.ts";
import type { HeldAs } from "./memory.ts";
import type { TextualInversionOptions, TextualInversions } from "./textual-inversion/textual-inversions.ts";

export interface PipelineOptions extends CheckpointOptions {
	/** Where the models run; tried before anything is downloaded. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads of one operator. Default: as many as the machine runs at once. */
	threads?: number | undefined;
	/**
	 * T5's rows of a prompt, 1 to 512, for plain and personalised pictures alike. Default: 256 with a profile, as the published adapter was
	 * trained; without one diffusers' 256 for SD 3 and 512 for FLUX. SD 3 and FLUX.
	 */
	maxSequenceLength?: number | undefined;
	/**
	 * How weights are held and computed with, one for all or each: of the denoiser, the VAE, T5, CLIP's text encoders and DrUM's adapters.
	 * `"int8"` computes in 8 bits: on a CPU about twice as fast as float32, and nearer to it than bfloat16 is. `"int4"` holds matrices of
	 * the denoiser and of T5 in 4 bits, for memory; the others stay as they are. Both are made of the published weights when they are first
	 * needed, and kept next to the hub's cache. A profile belongs to the dtypes of its text encoders. Default `"auto"`, as they are stored: float32 in memory on a CPU, which has no other.
	 */
	dtype?: WeightDtype | HeldAs | undefined;
	/** Called as weights are quantised. */
	onQuantize?: WeightOptions["onQuantize"];
	/**
	 * Compares instead of computing with quantised weights: see `WeightOptions` of `@drum/graph`. Called with the errors of each run of the
	 * denoiser, the VAE and the text encoders, of which `part` is the one.
	 */
	onLayerErrors?: ((part: "denoiser" | "vae" | "T5" | "CLIP", errors: readonly LayerError[]) => void) | undefined;
	/**
	 * Frees the text encoders before denoising and the denoiser before decoding, so that memory holds one of them at a time; they load
	 * again for the next picture. Default: when all together would fill more than three quarters of the machine's memory.
	 */
	offload?: boolean | undefined;
	/** Textual inversions to load with it, as `loadTextualInversion` does; their files are looked for under the same options. */
	textualInversions?:
		| readonly ({ readonly source: string } & Pick<TextualInversionOptions, "token" | "encoder" | "weightName">)[]
		| undefined;
}

/** What a pipeline is made of. */
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
	/** What the opening said; left out, it follows from `kept` and the LoRAs that come. */
	offload?: boolean | undefined;
	/** Bytes that all models take together, as forecast. */
	kept?: number | undefined;
	/** The same where a call begins from a picture. Default: `kept`. */
	keptFromImage?: number | undefined;
	maxSequenceLength?: number | undefined;
	warnings?: readonly Warning[] | undefined;
	/** What the encoders have learned. */
	textualInversions?: TextualInversions | undefined;
}
