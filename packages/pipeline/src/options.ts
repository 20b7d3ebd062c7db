import type {
	CacheMethod,
	DenoisedStep,
	GeneratedImage,
	Image,
	PictureInput,
	SchedulerName,
	Seed,
} from "@drum/diffusion";
import type { PromptOptions, SyntaxOptions } from "@drum/peca";
import type { Tensor } from "@drum/tensor";

export interface GenerateOptions extends ModelOptions, SyntaxOptions {
	/** What the picture should not be, for all prompts or one for each. Default `""`; for SDXL a condition of zeros, as its checkpoints ask. */
	negativePrompt?: string | readonly string[] | undefined;
	/** Its condition `[prompts, tokens, width]`, in place of `negativePrompt`. */
	negativePromptEmbeds?: Tensor<"float32"> | undefined;
	/** Its pooled condition `[prompts, width]`, together with `negativePromptEmbeds`, for a model that has one. */
	negativePooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/**
	 * A picture to begin from in place of noise, for all prompts or one for each: a path, a file's bytes, or pixels, of which it takes the
	 * colours in sRGB, upright, over white where it is transparent. It is resized to `height` and `width` by Lanczos, as diffusers does it.
	 */
	image?: PictureInput | readonly PictureInput[] | undefined;
	/**
	 * How far a run goes back towards noise before it begins, above 0 to 1: so many of its steps are run, and so little of the image is
	 * left. Default: diffusers' for the model, 0.8 for SD 1 and 2, 0.3 for SDXL, 0.6 for SD 3 and FLUX; with a `mask` 1, 0.9999 and 0.6.
	 */
	strength?: number | undefined;
	/** What of the image is drawn anew: where this picture, resized to it, is white, or nearer to white than to black. For all prompts or one for each. */
	mask?: PictureInput | readonly PictureInput[] | undefined;
	/**
	 * Pixels, multiples of 8, or of 16 for SD 3; FLUX rounds them down to multiples of 16. Default: the image's own, rounded down so, or, where
	 * it has more than four times the pixels that the model was trained for, scaled down to those; else what the model was trained for, 512 to 1024.
	 */
	height?: number | undefined;
	width?: number | undefined;
	/** Default 50; 28 for SD 3 and FLUX. */
	numInferenceSteps?: number | undefined;
	/**
	 * Noise levels of the steps, falling, in place of `numInferenceSteps`, for samplers that take them: of `"euler"` one a step and a last
	 * one after them, often 0; of a flow's one a step, within (0, 1].
	 */
	sigmas?: readonly number[] | undefined;
	/**
	 * Weight of the prompt against the negative prompt; guidance is on above 1. Default 7.5 for SD 1 and 2, 5 for SDXL, 7 for SD 3.
	 * FLUX dev was distilled with it: default 3.5, at the cost of one prediction a step.
	 */
	guidanceScale?: number | undefined;
	/**
	 * Guides only from and up to a part of the steps, each 0 to 1, as diffusers' guiders with `start` and `stop`: a step without guidance
	 * takes half the time. Default: all steps.
	 */
	guidanceStart?: number | undefined;
	guidanceEnd?: number | undefined;
	/**
	 * Takes work of earlier steps again where little changes, which is faster and costs some quality. `"deepcache"`, for SD 1, 2 and XL, runs
	 * the deep part of the UNet in every `interval`th step (3), above `branch` (0, the last layer; a higher one leaves out less).
	 * `"first-block"`, for SD 3 and FLUX, leaves out the blocks after the first while what that adds changes by at most `threshold` (0.05).
	 * Default: every step is whole.
	 */
	cache?: CacheOption | undefined;
	/** Pictures of each prompt. Default 1. */
	numImagesPerPrompt?: number | undefined;
	/** One for all pictures, as diffusers' `generator`, or one for each. Default: drawn anew, and told in the result. */
	seed?: Seed | undefined;
	/** Noise to start from in place of the seed's: `[pictures, channels, height / 8, width / 8]`, for FLUX too. */
	latents?: Tensor<"float32"> | undefined;
	/**
	 * Scales of LoRAs that are loaded, by their names, in place of those that they were loaded with: how much of what each adds counts. 0
	 * turns one off.
	 */
	loras?: Readonly<Record<string, number>> | undefined;
	/** A sampler in place of the checkpoint's own. */
	scheduler?: SchedulerName | undefined;
	/** Randomness of DDIM, 0 to 1. Default 0. */
	eta?: number | undefined;
	/**
	 * Decodes the picture in overlapping tiles, which takes the memory of one tile. Default: above 2 million pixels. A tile does not
	 * know of the others, so colours may drift a little.
	 */
	vaeTiling?: boolean | undefined;
	/**
	 * Who asks. Pictures are drawn one call after another, in the order of the calls; with callers, such as a user's id, turns go round
	 * between them, so that one who asks for ten pictures does not keep the others waiting. Default: all are one caller's.
	 */
	caller?: string | undefined;
	/** Called as the call waits for its turn, and as it reaches each station. */
	onProgress?: ((progress: GenerateProgress) => void) | undefined;
	/** Called after each step; the next waits for it. */
	onStep?: ((step: Step) => unknown) | undefined;
	/**
	 * Looks at each picture before the call gives any of them away: a filter, a watermark. Nothing or `"keep"` leaves it, a picture takes its
	 * place, `"refuse"` makes it black, which a warning says. `onImage` of a `SafetyChecker` is one. What `onStep` shows, thumbnails and decoded
	 * steps, does not come here.
	 */
	onImage?: ((image: GeneratedImage, index: number) => ImageVerdict | Promise<ImageVerdict>) | undefined;
	/** Ends the waiting for a turn at once, and drawing between two steps; `generate` then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

/** What the condition of a prompt depends on, as `generate` takes it. */
export type EncodePromptOptions = Pick<GenerateOptions, (typeof ENCODE_PROMPT_OPTIONS)[number]>;

export const ENCODE_PROMPT_OPTIONS = [
	"signal",
	"prompt2",
	"prompt3",
	"promptSyntax",
	"clipSkip",
	"maxSequenceLength",
	"loras",
] as const;

/** Height and width, or distances from the top and the left, in pixels. */
export type Pair = readonly [number, number];

/** Options that some models take, under diffusers' names. */
export interface ModelOptions extends PromptOptions {
	/** What the second encoder reads as the negative prompt. Default: `negativePrompt`. SDXL, SD 3, FLUX. */
	negativePrompt2?: string | readonly string[] | undefined;
	/** What the third encoder does. SD 3. */
	negativePrompt3?: string | readonly string[] | undefined;
	/**
	 * Takes the prompt's condition so many layers of CLIP's encoders earlier; the negative prompt's stays. Default 0. Not with a
	 * profile, whose states are those of the layers in the paper's Table 1. SD 1, SD 2, SDXL, SD 3.
	 */
	clipSkip?: number | undefined;
	/** T5's rows of a prompt, 1 to 512. Default: what the pipeline was opened with, else 512 for FLUX and 256 for SD 3. */
	maxSequenceLength?: number | undefined;
	/** Stops after that part of the schedule, 0 to 1, with the noise that is left then. Default 1. At least one step must be in it. SDXL. */
	denoisingEnd?: number | undefined;
	/** Timesteps of the steps, falling, in place of `numInferenceSteps`, for samplers that take them. SD 1, SD 2, SDXL. */
	timesteps?: readonly number[] | undefined;
	/** The shift of a sampler whose file has `use_dynamic_shifting`. Default: it follows from the picture's size. SD 3. */
	mu?: number | undefined;
	/** Takes that part of the contrast back that guidance adds, 0 to 1 (arXiv 2305.08891). Default 0. SD 1, SD 2, SDXL. */
	guidanceRescale?: number | undefined;
	/**
	 * Blocks of the denoiser, from 0, that a third prediction goes without: its difference from the prompt's own, times
	 * `skipLayerGuidanceScale`, is added. For Stable Diffusion 3.5 medium `[7, 8, 9]` is advised. Their first use loads the denoiser anew. SD 3.
	 */
	skipGuidanceLayers?: readonly number[] | undefined;
	/** Default 2.8. SD 3. */
	skipLayerGuidanceScale?: number | undefined;
	/** Between these parts of the steps, each 0 to 1. Default 0.01 and 0.2. SD 3. */
	skipLayerGuidanceStart?: number | undefined;
	skipLayerGuidanceStop?: number | undefined;
	/** Guidance against the negative prompt for a distilled model; on above 1 with a negative prompt. Default 1. FLUX. */
	trueCfgScale?: number | undefined;
	/** The picture's size before training cropped it, as SDXL is conditioned on. Default: the size asked for. */
	originalSize?: Pair | undefined;
	/** Where the crop began. Default `[0, 0]`. */
	cropsCoordsTopLeft?: Pair | undefined;
	/** The crop's size. Default: the size asked for. */
	targetSize?: Pair | undefined;
	/** The same for the negative condition, in effect when both sizes are given. */
	negativeOriginalSize?: Pair | undefined;
	negativeCropsCoordsTopLeft?: Pair | undefined;
	negativeTargetSize?: Pair | undefined;
}

export type ModelOption = keyof ModelOptions;

/** What becomes of a picture: it stays, it is shown black, or another takes its place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that only looks gives nothing back.
export type ImageVerdict = "keep" | "refuse" | Image | undefined | void;

/** A way to leave out work of some steps: a method with its published defaults, or with settings of the call's. */
export type CacheOption =
	| CacheMethod
	| { readonly method: "deepcache"; readonly interval?: number | undefined; readonly branch?: number | undefined }
	| { readonly method: "first-block"; readonly threshold?: number | undefined };

/** Where a call of `generate` is: how many come before it, the one that runs included, or how far a station's work is. */
export type GenerateProgress =
	| { readonly station: "queue"; readonly place: number }
	| { readonly station: Station; readonly done: number; readonly total: number };

/** `denoised` counts calls of the denoiser, the others go from 0 of 1 to 1 of 1. */
export type Station = "condition" | "denoised" | "image";

export interface Step extends Omit<DenoisedStep, "denoised"> {
	/** A thumbnail of what the picture is becoming, one pixel for 8 × 8: of the first picture, or of the one asked for. */
	preview(picture?: number): Image;
	/**
	 * What the picture is becoming, in its own size, decoded by the `previewVae` that the pipeline was opened with, or else by its VAE, which
	 * takes as long as the last picture does: of the first picture, or of the one asked for. The run goes on when `onStep` has ended.
	 * @throws the call's signal's reason.
	 */
	decode(picture?: number): Promise<Image>;
}

/** A side of a picture is a multiple of so many pixels with any model. */
export const SIDE_MULTIPLE = 8;
