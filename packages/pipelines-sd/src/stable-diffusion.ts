import { AutoencoderKL, type GeneratedImage, type Seed } from "@drum/diffusion";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { checkDevice, type Device } from "@drum/graph";
import {
	type Condition,
	checkPrompts,
	composePlain,
	type Encoders,
	MIXES,
	type Mix,
	type Personalizable,
} from "@drum/peca";
import { ArgumentError } from "@drum/tensor";
import { type CheckpointOptions, openCheckpoint, type StableDiffusionFiles } from "./checkpoint.ts";
import { generate } from "./generate.ts";
import type { GenerateOptions } from "./options.ts";
import { planRun } from "./plan-run.ts";
import { UNet2DCondition } from "./unet/unet-2d-condition.ts";

export interface PipelineOptions extends CheckpointOptions {
	/** Where the models run; tried before anything is downloaded. Default `"cpu"`. */
	device?: Device | undefined;
	/** Threads of one operator. Default: as many as the machine runs at once. */
	threads?: number | undefined;
}

export interface GenerateResult {
	/** All pictures of the first prompt, then of the next. */
	images: GeneratedImage[];
	/** The seed that was given or drawn. */
	seed: Seed;
}

/** Stable Diffusion 1 and 2, from a checkpoint in the hub's layout to pictures. Each part is loaded when it is first needed. */
export class StableDiffusion implements Personalizable<GenerateOptions, GenerateResult>, AsyncDisposable {
	readonly name: string;
	readonly mix: Mix;
	readonly encoders: Encoders;
	readonly device: Device;
	readonly threads: number | undefined;
	/** The denoiser; its weights are loaded at the first step. */
	readonly unet: UNet2DCondition;
	/** The decoder; its weights are loaded for the first picture. */
	readonly vae: AutoencoderKL;
	/** `scheduler_config.json`, parsed, as the pipeline uses it. */
	readonly schedulerConfig: unknown;

	private constructor(
		files: StableDiffusionFiles,
		mix: Mix,
		encoders: Encoders,
		unet: UNet2DCondition,
		vae: AutoencoderKL,
		{ device = "cpu", threads }: PipelineOptions,
	) {
		this.name = files.name;
		this.mix = mix;
		this.encoders = encoders;
		this.unet = unet;
		this.vae = vae;
		this.schedulerConfig = files.scheduler;
		this.device = device;
		this.threads = threads;
	}

	/**
	 * Opens a checkpoint: a folder, or a hub id (`"stable-diffusion-v1-5/stable-diffusion-v1-5"`), whose files are downloaded once.
	 * Configurations and the shape of every weight are checked; the weights are loaded when they are needed.
	 * @throws ArgumentError, DeviceError for options that cannot be, before any download; FileError, DownloadError for files that
	 * cannot be had; CheckpointError for a checkpoint of another kind, or one that is damaged.
	 */
	static async fromPretrained(source: string, options: PipelineOptions = {}): Promise<StableDiffusion> {
		const { device = "cpu", threads, signal } = options;
		if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
			throw new ArgumentError({ what: "threads", expected: "an integer from 1", found: String(threads) });
		}
		await checkDevice(device);
		const files = await openCheckpoint(source, options);
		const runs = { device, threads, signal };
		const { config, checkpoint: weights, name } = files.textEncoder;
		// Stable Diffusion 1's ViT-L is OpenAI's, with its quick GELU; Stable Diffusion 2's ViT-H is OpenCLIP's, with the exact one.
		const family = (config as { hidden_act?: unknown } | null)?.hidden_act === "gelu" ? "sd2" : "sd1";
		const mix = MIXES[family];
		const encoder = await CLIPTextEncoder.create({
			name,
			config,
			weights,
			tokenizer: files.tokenizer,
			device,
			threads,
		});
		const unet = await UNet2DCondition.load(files.unet, runs);
		const vae = await AutoencoderKL.load(files.vae, runs);
		return new StableDiffusion(files, mix, { [mix.features]: encoder }, unet, vae, options);
	}

	/** Throws for options that `generate` would refuse for so many prompts; nothing is loaded. */
	checkOptions(options: GenerateOptions, prompts = 1): void {
		planRun(this, new Array<string>(prompts).fill(""), options);
	}

	/** The condition of prompts without a profile, as `promptEmbeds`: `[prompts, 77, width]`. */
	async encodePrompt(
		prompts: string | readonly string[],
		{ signal }: { signal?: AbortSignal | undefined } = {},
	): Promise<Condition> {
		return composePlain(this.mix, this.encoders, checkPrompts(prompts), signal);
	}

	/**
	 * Draws pictures of one prompt or several, or of their condition.
	 * @throws ArgumentError naming the option that is wrong, before anything is loaded; the signal's reason.
	 */
	generate(prompt: string | readonly string[] | Condition, options: GenerateOptions = {}): Promise<GenerateResult> {
		return generate(this, prompt, options);
	}

	/** Frees the memory of all models; they load again when they are next used. */
	async release(): Promise<void> {
		await Promise.all([
			this.unet.release(),
			this.vae.release(),
			...Object.values(this.encoders).map((encoder) => encoder.release()),
		]);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.release();
	}
}
