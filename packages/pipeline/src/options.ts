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
	/** What the picture should not show: one for all prompts, or one for each. Default `""`; for SDXL a condition of zeros. */
	negativePrompt?: string | readonly string[] | undefined;
	/** The negative condition `[prompts, tokens, width]`, instead of `negativePrompt`. */
	negativePromptEmbeds?: Tensor<"float32"> | undefined;
	/** The negative pooled condition `[prompts, width]`, together with `negativePromptEmbeds`. SDXL, SD 3 and FLUX have one. */
	negativePooledPromptEmbeds?: Tensor<"float32"> | undefined;
	/**
	 * A picture to begin from instead of noise: one for all prompts, or one for each. A path, a file's bytes, or pixels. It is converted to
	 * sRGB, turned upright, laid over white where it is transparent, and resized to `height` and `width` by Lanczos, as in diffusers.
	 */
	image?: PictureInput | readonly PictureInput[] | undefined;
	/**
	 * How much noise the image gets before the run begins, above 0 and at most 1. It is also the part of the steps that run: the higher it is,
	 * the less of the image remains. Default 0.8 for SD 1 and 2, 0.3 for SDXL, 0.6 for SD 3 and FLUX; with a `mask` 1, 0.9999 and 0.6.
	 */
	strength?: number | undefined;
	/** Which part of the image is redrawn: where this picture, resized to it, is closer to white than to black. One, or one for each prompt. */
	mask?: PictureInput | readonly PictureInput[] | undefined;
	/**
	 * Pixels: multiples of 8, or of 16 for SD 3. FLUX rounds down to multiples of 16. Default: the size that the model was trained for, 512 to
	 * 1024. With an `image`, its own size, rounded down; above four times the pixels that the model was trained for, it is scaled down to them.
	 */
	height?: number | undefined;
	width?: number | undefined;
	/** Steps of the sampler. Default 50; 28 for SD 3 and FLUX. */
	numInferenceSteps?: number | undefined;
	/**
	 * Noise levels of the steps, falling, instead of `numInferenceSteps`, for samplers that take them. `"euler"` takes one for each step and
	 * the level after the last step, often 0. Flow samplers take one for each step, within (0, 1].
	 */
	sigmas?: readonly number[] | undefined;
	/**
	 * Weight of the prompt against the negative prompt. Guidance is on above 1. Default 7.5 for SD 1 and 2, 5 for SDXL, 7 for SD 3.
	 * FLUX dev was distilled with guidance: default 3.5, with only one prediction for each step.
	 */
	guidanceScale?: number | undefined;
	/**
	 * The part of the steps that is guided, from start to end, each 0 to 1, as diffusers' guiders with `start` and `stop`. A step without
	 * guidance takes half the time. Default 0 and 1: all steps.
	 */
	guidanceStart?: number | undefined;
	guidanceEnd?: number | undefined;
	/**
	 * Reuses work of earlier steps where little changes. This is faster and costs some quality. Default: nothing is reused.
	 *
	 * `"deepcache"`, for SD 1, 2 and XL, runs the whole UNet in every `interval`th step (default 3) and keeps the input of one layer of its
	 * upward path. The other steps take that input and only run this layer, the layers after it, and the layers of the downward path whose
	 * outputs these need. `branch` chooses the layer as DeepCache's `cache_branch_id`, counted from the end of the UNet: 0, the default, is
	 * the last layer of the last block, 3 the last layer of the block before. A higher branch skips less.
	 *
	 * `"first-block"`, for SD 3 and FLUX, reuses the blocks after the first while what the first block adds changes by at most `threshold`
	 * (default 0.05).
	 */
	cache?: CacheOption | undefined;
	/** Pictures of each prompt. Default 1. */
	numImagesPerPrompt?: number | undefined;
	/** One for all pictures, as diffusers' `generator`, or one for each. Default: a random one, which the result contains as `seed`. */
	seed?: Seed | undefined;
	/** Noise to start from, instead of noise from the seed: `[pictures, channels, height / 8, width / 8]`, for FLUX too. */
	latents?: Tensor<"float32"> | undefined;
	/**
	 * Scales of loaded LoRAs by name: how strongly each one changes the model. 0 turns it off. Default: the scale that each was loaded with.
	 */
	loras?: Readonly<Record<string, number>> | undefined;
	/** A sampler instead of the checkpoint's own. */
	scheduler?: SchedulerName | undefined;
	/** Randomness of DDIM, 0 to 1. Default 0. */
	eta?: number | undefined;
	/**
	 * Decodes the picture in overlapping tiles, with the memory of one tile. Each tile is decoded by itself, so colours may differ a little
	 * between tiles. Default: above 2 million pixels.
	 */
	vaeTiling?: boolean | undefined;
	/**
	 * Who makes the call, such as a user's id. Calls draw one after another. Callers take turns, so one who makes ten calls does not keep
	 * the others waiting; the calls of one caller keep their order. Default: all calls without one belong to the same caller.
	 */
	caller?: string | undefined;
	/** Called while the call waits for its turn, and when it reaches each station. */
	onProgress?: ((progress: GenerateProgress) => void) | undefined;
	/** Called after each step. The next step waits for it. */
	onStep?: ((step: Step) => unknown) | undefined;
	/**
	 * Checks or changes each picture before the call returns any: a filter, a watermark. Return nothing or `"keep"` to keep the picture, a
	 * picture to replace it, or `"refuse"` to make it black, with a warning. A `SafetyChecker` has an `onImage`. Thumbnails and decoded steps
	 * of `onStep` are not checked.
	 */
	onImage?: ((image: GeneratedImage, index: number) => ImageVerdict | Promise<ImageVerdict>) | undefined;
	/** Ends waiting for a turn at once, and drawing after the current step. `generate` then throws the signal's reason. */
	signal?: AbortSignal | undefined;
}

/** The options of `generate` that change the condition of a prompt. */
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
	 * How many layers earlier the hidden states of CLIP's encoders are taken for the prompt, as in diffusers; the negative prompt's stay the
	 * same. Default 0. Not with a profile, which has the states of the layers in the paper's Table 1. SD 1, SD 2, SDXL, SD 3.
	 */
	clipSkip?: number | undefined;
	/** T5's rows of a prompt, 1 to 512. Default: what the pipeline was opened with, else 512 for FLUX and 256 for SD 3. */
	maxSequenceLength?: number | undefined;
	/** Stops after this part of the schedule, 0 to 1, and leaves the rest of the noise. At least one step must run. Default 1. SDXL. */
	denoisingEnd?: number | undefined;
	/** Timesteps of the steps, falling, in place of `numInferenceSteps`, for samplers that take them. SD 1, SD 2, SDXL. */
	timesteps?: readonly number[] | undefined;
	/** The shift of a sampler whose file has `use_dynamic_shifting`. Default: it follows from the picture's size. SD 3. */
	mu?: number | undefined;
	/** How much of the contrast that guidance adds is removed again, 0 to 1 (arXiv 2305.08891, section 3.4). Default 0. SD 1, SD 2, SDXL. */
	guidanceRescale?: number | undefined;
	/**
	 * Skip-layer guidance: blocks of the denoiser, from 0, that a third prediction skips. The prompt's prediction minus this one, times
	 * `skipLayerGuidanceScale`, is added. `[7, 8, 9]` is recommended for Stable Diffusion 3.5 medium. The first use loads the denoiser again. SD 3.
	 */
	skipGuidanceLayers?: readonly number[] | undefined;
	/** Weight of skip-layer guidance. Default 2.8. SD 3. */
	skipLayerGuidanceScale?: number | undefined;
	/** The part of the steps with skip-layer guidance, from start to stop, each 0 to 1. Default 0.01 and 0.2. SD 3. */
	skipLayerGuidanceStart?: number | undefined;
	skipLayerGuidanceStop?: number | undefined;
	/** Guidance against the negative prompt for a distilled model; on above 1 with a negative prompt. Default 1. FLUX. */
	trueCfgScale?: number | undefined;
	/** The size before cropping that SDXL is conditioned on, height and width in pixels. Default: the picture's size. */
	originalSize?: Pair | undefined;
	/** Where the crop that SDXL is conditioned on begins, in pixels from the top and the left. Default `[0, 0]`. */
	cropsCoordsTopLeft?: Pair | undefined;
	/** The size of that crop, height and width in pixels. Default: the picture's size. */
	targetSize?: Pair | undefined;
	/** The same for the negative condition. They have an effect only if both sizes are given. */
	negativeOriginalSize?: Pair | undefined;
	negativeCropsCoordsTopLeft?: Pair | undefined;
	negativeTargetSize?: Pair | undefined;
}

export type ModelOption = keyof ModelOptions;

/** The verdict on a picture: keep it, make it black, or replace it with this one. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that only looks gives nothing back.
export type ImageVerdict = "keep" | "refuse" | Image | undefined | void;

/** A way to leave out work of some steps: a method with its published defaults, or with settings of the call's. */
export type CacheOption =
	| CacheMethod
	| { readonly method: "deepcache"; readonly interval?: number | undefined; readonly branch?: number | undefined }
	| { readonly method: "first-block"; readonly threshold?: number | undefined };

/** How far a call of `generate` is: how many calls run before it, including the current one, or how much of a station is done. */
export type GenerateProgress =
	| { readonly station: "queue"; readonly place: number }
	| { readonly station: Station; readonly done: number; readonly total: number };

/** `denoised` counts calls of the denoiser, the others go from 0 of 1 to 1 of 1. */
export type Station = "condition" | "denoised" | "image";

export interface Step extends Omit<DenoisedStep, "denoised"> {
	/** A thumbnail of the current state of picture `picture` (default 0, the first), with one pixel for 8 × 8 pixels. */
	preview(picture?: number): Image;
	/**
	 * Decodes the current state of picture `picture` (default 0, the first) in full size, with the `previewVae` that the pipeline was opened with,
	 * or else with its VAE, which takes as long as decoding the final picture. The run continues when `onStep` has ended.
	 * @throws ArgumentError for a picture that the call does not draw; the reason of the call's signal.
	 */
	decode(picture?: number): Promise<Image>;
}

/** With any model, the sides of a picture are multiples of this number of pixels. */
export const SIDE_MULTIPLE = 8;
