import { loadAutoencoder } from "@drum/diffusion";
import { checkDevice, checkDtype, type DeviceTrial, deviceWarnings, type WeightOptions } from "@drum/graph";
import { repositoryOptions, type WeightsSource } from "@drum/hub";
import { type AdapterName, type Encoders, type Mix, mixInputs, withoutEncoder } from "@drum/peca";
import { ArgumentError, checkNames, namesOf, shown, type TextEncoder } from "@drum/tensor";
import { ADAPTER_ROWS, rowsOf } from "./call-mix.ts";
import { type CheckpointFiles, type EncoderFiles, openCheckpoint, openEncoderFiles } from "./checkpoint.ts";
import type { FoundationModel } from "./foundation-model.ts";
import { Loras } from "./lora/loras.ts";
import { forecastMemory, type HeldAs, heldAs } from "./memory.ts";
import { checkIsFile, checkModels, checkOpening } from "./opening-options.ts";
import { openEncodersOf } from "./outline.ts";
import type { PipelineOptions, PipelineParts } from "./pipeline-parts.ts";
import { TextualInversions } from "./textual-inversion/textual-inversions.ts";

/** Opens and checks a checkpoint's parts. @throws as `DiffusionPipeline.fromPretrained` */
export async function openParts(
	source: WeightsSource,
	models: readonly FoundationModel[],
	options: PipelineOptions,
): Promise<PipelineParts> {
	checkOpening("fromPretrained", options);
	checkModels(models);
	const { device = "cpu", threads, signal } = options;
	const trial = await checkSettings(options);
	const files = await openCheckpoint(source, models, options);
	const { name, model, encoderSources, denoiserSource, vaeSource, scheduler, forceZerosForEmptyPrompt } = files;
	const encoders = await createEncoders(files, options);
	const textualInversions = await inversionsOf(encoders, model, options);
	const runs = { device, threads, signal };
	const denoiser = await model.denoiser.load(files.denoiser, { ...runs, ...held("denoiser", options) });
	const vae = await loadAutoencoder(files.vae, { ...runs, ...held("vae", options) });
	const previewVae =
		files.previewVae && (await loadAutoencoder(files.previewVae, { ...runs, ...held("vae", options) }));
	const { kept, fromImage } = forecastMemory(files, heldAs(options.dtype));
	const mix = mixOf(model, encoders, denoiser.width, options);
	return {
		...{
			textualInversions,
			name,
			model,
			mix,
			encoders,
			denoiser,
			vae,
			previewVae,
			encoderSources,
			denoiserSource,
			vaeSource,
			scheduler,
			forceZerosForEmptyPrompt,
			device,
			threads,
			adapterWeights: held("adapters", options),
		},
		maxSequenceLength: options.maxSequenceLength,
		tokens: rowsOf(mix, encoders, options.maxSequenceLength ?? model.maxSequenceLength ?? ADAPTER_ROWS),
		offload: options.offload,
		kept,
		keptFromImage: fromImage.kept,
		warnings: [
			...(await deviceWarnings(trial)),
			...[files, ...Object.values(encoders), denoiser, vae, previewVae].flatMap((part) => part?.warnings ?? []),
		],
	};
}

/** Opens the parts of a checkpoint in one file. @throws as `DiffusionPipeline.fromSingleFile` */
export async function openFileParts(
	source: WeightsSource,
	models: readonly FoundationModel[],
	options: PipelineOptions,
): Promise<PipelineParts> {
	checkOpening("fromSingleFile", options);
	await checkIsFile(source);
	return openParts(source, models, options);
}

/** A checkpoint's text encoders, and how they are mixed. */
export interface OpenEncoders {
	name: string;
	model: FoundationModel;
	mix: Mix;
	encoders: Encoders;
	/** For LoRAs that change encoders: `loras.load(source)`, then `loras.under().encoders` in place of `encoders`. */
	loras: Loras;
}

/**
 * Opens only the text encoders of a checkpoint of one of `models`, which is all that profiles need. `only` returns the names of the encoders to open.
 * If it throws for an unwanted model, nothing large has been downloaded.
 * @throws as `DiffusionPipeline.fromPretrained`, and what `only` throws
 */
export async function openEncoders(
	source: WeightsSource,
	opening: PipelineOptions & {
		models: readonly FoundationModel[];
		only?: ((model: FoundationModel) => readonly AdapterName[]) | undefined;
	},
): Promise<OpenEncoders> {
	checkOpening("openEncoders", opening, ["models", "only"]);
	const { models, only, ...options } = opening;
	await checkSettings(options);
	const files = await openEncoderFiles(source, models, { ...options, only });
	const encoders = await createEncoders(files, options);
	const { name, model, width } = files;
	await inversionsOf(encoders, model, options);
	const mix = only ? model.mix : mixOf(model, encoders, width, options);
	return { name, model, mix, encoders, loras: new Loras({ name, encoders }) };
}

const HELD = namesOf<HeldAs>({ denoiser: true, T5: true, CLIP: true, adapters: true, vae: true });

/** How the weights of one of the models are held in memory. */
export function held(part: keyof HeldAs, options: PipelineOptions): WeightOptions {
	const { cacheDir, onQuantize, onLayerErrors } = options;
	return {
		dtype: heldAs(options.dtype)[part],
		cacheFolder: cacheDir && `${cacheDir}/drum/quantized`,
		onQuantize,
		...(onLayerErrors && part !== "adapters" && { onLayerErrors: (errors) => onLayerErrors(part, errors) }),
	};
}

/** Checks settings before any download, and starts the test of the device. */
async function checkSettings(options: PipelineOptions): Promise<DeviceTrial> {
	const { device = "cpu", threads, maxSequenceLength } = options;
	const each = heldAs(options.dtype);
	checkNames("dtype", each, HELD);
	for (const dtype of Object.values(each)) if (dtype !== undefined) checkDtype(dtype);
	checkWhole("threads", threads, 1, 1024);
	checkWhole("maxSequenceLength", maxSequenceLength, 1, 512);
	return checkDevice(device);
}

function checkWhole(what: string, value: number | undefined, low: number, high: number): void {
	if (value === undefined || (Number.isInteger(value) && value >= low && value <= high)) return;
	throw new ArgumentError({ what, expected: `an integer from ${low} to ${high}`, found: shown(value) });
}

async function createEncoders(
	files: Pick<CheckpointFiles, "model" | "encoders">,
	options: PipelineOptions,
): Promise<Encoders> {
	const encoders: Record<string, TextEncoder> = { ...openEncodersOf(options.encoders ?? {}) };
	for (const [encoder, part] of Object.entries(files.encoders))
		encoders[encoder] = await createEncoder(files.model, encoder, part, options);
	return encoders;
}

/** One of a model's text encoders, with the hidden states that its mix reads. */
export function createEncoder(
	{ mix }: Pick<FoundationModel, "mix">,
	encoder: string,
	{ create, name, weights }: EncoderFiles,
	options: PipelineOptions,
): Promise<TextEncoder> {
	const { device = "cpu", threads } = options;
	const read = mixInputs(mix).filter((input) => input.encoder === encoder);
	// An adapter's first query is always from the last layer.
	const skips = [...new Set([-1 as const, ...read.map(({ skip }) => skip)])];
	const maxSequenceLength = sequenceLength(options);
	return create(weights, {
		...{ name, skips, device, threads, maxSequenceLength },
		...held(encoder === "T5" ? "T5" : "CLIP", options),
	});
}

/** Loads the opening's textual inversions. Rows for encoders that are not open are skipped. */
async function inversionsOf(
	encoders: Encoders,
	{ encoders: places }: FoundationModel,
	{ textualInversions = [], ...options }: PipelineOptions,
): Promise<TextualInversions> {
	const inversions = new TextualInversions(encoders, Object.keys(places));
	for (const { source, ...own } of textualInversions) {
		// The revision only belongs to the checkpoint.
		await inversions.add(source, { ...repositoryOptions(options), revision: undefined, ...own });
	}
	return inversions;
}

/** T5's rows, which the published adapter was trained with. */
function sequenceLength({ maxSequenceLength = ADAPTER_ROWS }: PipelineOptions): number {
	return maxSequenceLength;
}

/** The model's mix, with zeros for an encoder that the checkpoint does not have. */
function mixOf(model: FoundationModel, encoders: Encoders, width: number, options: PipelineOptions): Mix {
	const zeros = [sequenceLength(options), width] as const;
	const missing = Object.keys(model.encoders).filter((encoder) => !encoders[encoder]);
	return missing.reduce((mix, encoder) => withoutEncoder(mix, encoder, zeros), model.mix);
}
