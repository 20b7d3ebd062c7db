import type { Autoencoder, Denoiser } from "@drum/diffusion";
import type { FoundPart, PartsApart } from "@drum/pipeline";
import { float32, type TextEncoder, type Warning } from "@drum/tensor";
import { type ConfigUse, type TensorUse, watchConfig, watchTensors } from "./asked.ts";
import { KNOWN_PROMPT, knownNoise, knownPicture } from "./known-inputs.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { refuseWeights, scanWeights, type WeightsFound } from "./scan-weights.ts";
import { refuseResults, type Statistics, statisticsOf } from "./statistics.ts";

/** What was found of one part of a checkpoint. Steps that need one that failed are left out. */
export interface PartReport {
	/** `"text encoder L"`, `"denoiser"`, `"VAE"`, or a file's name. */
	part: string;
	/** Its files were found and their headers read. */
	files: Outcome<{ name: string }>;
	config?: Outcome<ConfigUse>;
	weights?: Outcome<WeightsFound>;
	/** Names and shapes of the weights against the configuration. */
	layers?: Outcome<TensorUse & { warnings: readonly Warning[] }>;
	/** A text encoder's ids of a known prompt, without padding. */
	tokenizer?: Outcome<{ prompt: string; ids: number[] }>;
	/** What it computes of known inputs. */
	run?: Outcome<Record<string, Statistics>>;
}

/** What a part is examined with. */
export interface Examination {
	signal: AbortSignal;
	/** Tells what is being done; the bytes read of so many. */
	onPart(part: string): void;
	onBytes(part: string, done: number, total: number): void;
}

interface Network {
	readonly warnings?: readonly Warning[] | undefined;
	release(): Promise<void>;
}

/** Examines the text encoders, the denoiser and the VAE, each whatever came of the others. */
export async function examineParts(parts: PartsApart, examination: Examination): Promise<PartReport[]> {
	const reports: PartReport[] = [];
	for (const [name, open] of Object.entries(parts.encoders))
		reports.push(await examine(`text encoder ${name}`, open, examination, runEncoder));
	const takesSizes = parts.model.takes?.includes("originalSize") ?? false;
	const run: Run<Denoiser> = (denoiser, context) => runDenoiser(denoiser, takesSizes, context);
	reports.push(await examine("denoiser", () => parts.denoiser(), examination, run));
	reports.push(await examine("VAE", () => parts.vae(), examination, runVae));
	return reports;
}

interface RunContext {
	report: PartReport;
	signal: AbortSignal;
}

type Run<N> = (network: N, context: RunContext) => Promise<void>;

async function examine<N extends Network>(
	part: string,
	open: () => Promise<FoundPart<N>>,
	{ signal, onPart, onBytes }: Examination,
	run: Run<N>,
): Promise<PartReport> {
	onPart(part);
	let found: FoundPart<N> | undefined;
	const files = await outcomeOf(signal, async () => {
		found = await open();
		return { name: found.name };
	});
	const report: PartReport = { part, files };
	if (!found) return report;
	const { config, checkpoint, load, parseConfig, name } = found;
	report.config = await outcomeOf(signal, async () => watchConfig(config, parseConfig));
	report.weights = await outcomeOf(
		signal,
		() => scanWeights(checkpoint, signal, (done, total) => onBytes(part, done, total)),
		(weights) => refuseWeights(name, weights),
	);
	let network: N | undefined;
	report.layers = await outcomeOf(signal, async () => {
		const watched = watchTensors(checkpoint);
		network = await load(watched.source);
		return { ...watched.use(), warnings: network.warnings ?? [] };
	});
	if (!network) return report;
	try {
		await run(network, { report, signal });
	} finally {
		await network.release();
	}
	return report;
}

async function runEncoder(encoder: TextEncoder, { report, signal }: RunContext): Promise<void> {
	report.tokenizer = await outcomeOf(signal, async () => {
		const { data } = encoder.tokenize([KNOWN_PROMPT]);
		const ids = Array.from(data, Number);
		const padding = ids.at(-1);
		const end = ids.findLastIndex((id) => id !== padding);
		return { prompt: KNOWN_PROMPT, ids: ids.slice(0, end + 2) };
	});
	report.run = await outcomeOf(
		signal,
		async () => {
			const { hidden, features } = await encoder.encode(["", KNOWN_PROMPT], { signal });
			const states = Object.entries(hidden).map(([skip, state]) => [`hidden state ${skip}`, statisticsOf(state)]);
			return { ...Object.fromEntries(states), ...(features && { features: statisticsOf(features) }) };
		},
		(results) => refuseResults(report.part, results),
	);
}

/** Latents along a side of the one step: enough for every block, and soon done. */
const SIDE = 32;
/** Rows of a condition, as of a prompt. */
const ROWS = 77;

async function runDenoiser(denoiser: Denoiser, takesSizes: boolean, { report, signal }: RunContext): Promise<void> {
	report.run = await outcomeOf(
		signal,
		async () => {
			const { channels, maskChannels = 0, sampleSize, multiple, width, pooledWidth } = denoiser;
			const side = Math.max(multiple, Math.floor(Math.min(SIDE, ...sampleSize) / multiple) * multiple);
			const predicted = await denoiser.predict(
				{
					sample: knownNoise([1, channels + maskChannels, side, side]),
					timestep: 500,
					encoderHiddenStates: knownNoise([1, ROWS, width]),
					...(pooledWidth !== undefined && { pooledProjections: knownNoise([1, pooledWidth]) }),
					...(takesSizes && { timeIds: float32(Float32Array.of(1024, 1024, 0, 0, 1024, 1024), [1, 6]) }),
					...(denoiser.takesGuidance && { guidance: 3.5 }),
				},
				{ signal },
			);
			return { "one step": statisticsOf(predicted) };
		},
		(results) => refuseResults("the denoiser", results),
	);
}

/** Latents along a side of the round trip. */
const TRIP = 16;

async function runVae(vae: Autoencoder, { report, signal }: RunContext): Promise<void> {
	report.run = await outcomeOf(
		signal,
		async () => {
			const picture = knownPicture(vae.shape.inChannels, TRIP * vae.scale);
			const latents = (await vae.encode(picture, { signal })).mode();
			const decoded = await vae.decode(latents, { signal });
			const difference = decoded.data.map((value, i) => value - picture.data[i]!);
			return {
				latents: statisticsOf(latents),
				decoded: statisticsOf(decoded),
				"difference of decoded and given picture": statisticsOf({ dims: decoded.dims, data: difference }),
			};
		},
		(results) => refuseResults("the VAE", results),
	);
}
