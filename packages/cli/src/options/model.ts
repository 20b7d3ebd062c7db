import type { FoundationModel, PipelineOptions } from "@drum/pipeline";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Progress } from "../progress.ts";
import { integer, repeatable } from "./numbers.ts";
import {
	TEXTUAL_INVERSION_FLAG,
	TEXTUAL_INVERSION_TEXT,
	type TextualInversion,
	textualInversions,
} from "./textual-inversion.ts";

type Device = NonNullable<PipelineOptions["device"]>;
export type Dtype = Extract<PipelineOptions["dtype"], string>;

/** A record, so that the compiler knows when one is missing; the packages that run on them are loaded when they are needed. */
export const DEVICES: Readonly<Record<Exclude<Device, "wasm">, true>> = {
	cpu: true,
	cuda: true,
	webgpu: true,
	dml: true,
	coreml: true,
};

const DTYPES: Readonly<Record<Dtype, true>> = { auto: true, float32: true, int8: true, int4: true };

/** Where a checkpoint comes from. */
export interface SourceOptions {
	revision?: string;
	token?: string;
	cacheDir?: string;
	offline?: true;
}

export interface ModelOptions extends SourceOptions {
	model: string;
	variant?: string;
	denoiser?: string;
	vae?: string;
	encoder?: string[] | undefined;
	config?: string;
	textualInversion?: TextualInversion[];
	device?: Device;
	threads?: number;
	maxSequenceLength?: number;
	offload?: boolean;
	dtype?: Dtype;
}

export function addSourceOptions(command: Command): Command {
	return command
		.option("--revision <name>", "branch, tag or commit of the model on the hub (default: main)")
		.option("--token <token>", "access token for gated models (better: HF_TOKEN, which other users cannot see)")
		.option("--cache-dir <folder>", "the hub's cache (default: the one that Python's huggingface_hub uses)")
		.option("--offline", "only use files from the cache");
}

export function addModelOptions(command: Command): Command {
	return addEncoders(addHeldModel(command));
}

/** What a model is opened with, but for other text encoders than its own. */
export function addHeldModel(command: Command): Command {
	return addOpeningOptions(command).addOption(
		new Option(
			"--dtype <name>",
			"how weights are stored: int8 also computes in 8 bits, about twice as fast; int4 saves memory (default: as in the files)",
		).choices(Object.keys(DTYPES)),
	);
}

/** Parses a way to hold weights. */
export function dtype(text: string): Dtype {
	if (Object.hasOwn(DTYPES, text)) return text as Dtype;
	throw new InvalidArgumentError(`Allowed choices are ${Object.keys(DTYPES).join(", ")}.`);
}

/** What a checkpoint is opened with but for `--dtype`. */
export function addOpeningOptions(command: Command): Command {
	addSourceOptions(command.option("--variant <name>", "variant of the weights: fp16 halves the download"));
	return command
		.option(
			"--denoiser <id, folder or file>",
			"a denoiser in place of the model's own, such as owner/name/a_unet.safetensors",
		)
		.option(
			"--vae <id, folder or file>",
			"a VAE in place of the model's own, such as madebyollin/taesd, which is small and fast",
		)
		.option(
			"--config <id or folder>",
			"where a model in one file gets its configurations (default: the published model's)",
		)
		.option(TEXTUAL_INVERSION_FLAG, TEXTUAL_INVERSION_TEXT, textualInversions)
		.addOption(new Option("--device <name>", "where the models run (default: cpu)").choices(Object.keys(DEVICES)))
		.option("--threads <n>", "number of threads (default: as many as the machine runs at once)", integer(1, 1024))
		.option(
			"--max-sequence-length <n>",
			"number of T5's tokens for a prompt, in SD 3 and FLUX (default: 256; for plain pictures of FLUX 512)",
			integer(1, 512),
		)
		.option("--offload", "one model in memory at a time (default: when all together would not fit)")
		.option("--no-offload", "keep all models in memory");
}

export function addEncoders(command: Command): Command {
	return command.option(
		"--encoder <name=id, folder or file>",
		"a text encoder to replace the model's own or a missing one, such as L=clip_l.safetensors; repeat for several",
		repeatable(encoderPlace),
	);
}

/** Checks a text encoder's name and place. */
function encoderPlace(text: string): string {
	if (/^[A-Za-z0-9]+=./s.test(text)) return text;
	throw new InvalidArgumentError("Expected a name and a source, such as L=clip_l.safetensors.");
}

/** Places of text encoders, by their names. */
function encodersOf(given: readonly string[] | undefined): Record<string, string> | undefined {
	const pairs = given?.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]);
	return pairs && Object.fromEntries(pairs);
}

export const MODEL_FLAG = "--model <id, folder or file>";
export const MODEL_TEXT =
	"Stable Diffusion 1, 2, XL, 3, 3.5 or FLUX: a hub id, a folder in the hub's layout, or a .safetensors file, also as owner/name/file.safetensors";

export function addAdapters(command: Command): Command {
	return command.option("--adapters <id or folder>", "DrUM's adapters", "Burf/DrUM");
}

/** The options as the packages take them. */
export function sourceOf(options: SourceOptions, progress: Progress, signal: AbortSignal) {
	const { revision, token, cacheDir, offline } = options;
	const events = { onProgress: progress.download, onWait: progress.wait, onWarning: progress.warning };
	return { revision, token, cacheDir, offline, signal, ...events };
}

/** Every foundation model there is. */
export async function foundationModels(): Promise<readonly FoundationModel[]> {
	const [{ STABLE_DIFFUSION }, { FLUX }] = await Promise.all([
		import("@drum/pipelines-sd"),
		import("@drum/pipelines-flux"),
	]);
	return [...STABLE_DIFFUSION, ...FLUX];
}

/** What a checkpoint is opened with, whichever of these models it is. */
export async function openingOf(options: Omit<ModelOptions, "model">, progress: Progress, signal: AbortSignal) {
	const models = await foundationModels();
	const {
		variant,
		denoiser,
		vae,
		encoder,
		config,
		textualInversion,
		device,
		threads,
		dtype,
		maxSequenceLength,
		offload,
	} = options;
	const source = sourceOf(options, progress, signal);
	const onQuantize = ({ tensor, loaded, total }: { tensor: string; loaded: number; total: number }) =>
		progress.show("quantize", loaded, total, tensor);
	return {
		...source,
		models,
		...{
			variant,
			denoiser,
			vae,
			encoders: encodersOf(encoder),
			config,
			textualInversions: textualInversion,
			device,
			threads,
			dtype,
			maxSequenceLength,
			offload,
			onQuantize,
		},
	};
}

/** Opens the pipeline. */
export async function openModel(options: ModelOptions, progress: Progress, signal: AbortSignal) {
	const { DiffusionPipeline } = await import("@drum/pipeline");
	return DiffusionPipeline.fromPretrained(options.model, await openingOf(options, progress, signal));
}

/** Opens its text encoders alone, or those of `only`: the rest of a checkpoint is ten times as large. */
export async function openModelEncoders(
	options: ModelOptions,
	progress: Progress,
	signal: AbortSignal,
	only?: (model: FoundationModel) => readonly string[],
) {
	const { openEncoders } = await import("@drum/pipeline");
	return openEncoders(options.model, { ...(await openingOf(options, progress, signal)), only });
}

/** What adapters take of the model's options: a revision names the model's, not theirs. */
export function adaptersOf(options: ModelOptions & { adapters: string }, progress: Progress, signal: AbortSignal) {
	return { ...sourceOf(options, progress, signal), revision: undefined, adapters: options.adapters };
}

/** Looks whether there are adapters where the options say, before a model is downloaded for them. */
export async function checkAdapters(
	options: ModelOptions & { adapters: string },
	progress: Progress,
	signal: AbortSignal,
): Promise<void> {
	const { openRepository } = await import("@drum/hub");
	const { adapters, ...source } = adaptersOf(options, progress, signal);
	await openRepository(adapters, source);
}
