import { createHash } from "node:crypto";
import { CLIPScorer } from "@drum/eval";
import { openRepository, pickWeights, type RepositoryOptions } from "@drum/hub";
import { Adapter, DrUM } from "@drum/peca";
import {
	DiffusionPipeline,
	type FoundationModel,
	type GenerateOptions,
	type GenerateResult,
	openCheckpoint,
	type PipelineOptions,
} from "@drum/pipeline";
import { type ByteSource, Checkpoint, checkNames, fingerprint, namesOf, type TextEncoder } from "@drum/tensor";
import { RememberingEncoder } from "./remembering-encoder.ts";

/** Where a model's parts are: hub ids or folders. */
export interface ModelSources {
	readonly model: string;
	/** DrUM's adapters. */
	readonly adapters: string;
	/** The whole CLIP that scores pictures, and whose text encoder Text align is measured with where it is the model's own. */
	readonly clip: string;
}

const SOURCES = namesOf<ModelSources>({ model: true, adapters: true, clip: true });

export type RunModelsOptions = PipelineOptions & { models: readonly FoundationModel[] };

/** An encoder that Text align is measured with, as Table 2b has rows for; the adapter stands behind it. */
export interface AlignedEncoder {
	/** As its adapter is named: `"L"`. */
	readonly name: string;
	readonly encoder: RememberingEncoder;
	readonly adapter: Adapter;
}

/** Everything that a run computes with. Opened and checked; each part loads when it is first used. */
export class RunModels implements AsyncDisposable {
	readonly pipeline: DiffusionPipeline;
	readonly drum: DrUM<GenerateOptions, GenerateResult>;
	readonly scorer: CLIPScorer;
	/** The scorer's text encoder. */
	readonly text: RememberingEncoder;
	/** Whose text features the coreset is drawn from. */
	readonly features: RememberingEncoder;
	/** Those of the model's CLIP encoders whose text projection is at hand. */
	readonly aligned: readonly AlignedEncoder[];
	/** Equal for equal weights only. */
	readonly fingerprint: string;

	private constructor(parts: Omit<RunModels, keyof AsyncDisposable>) {
		this.pipeline = parts.pipeline;
		this.drum = parts.drum;
		this.scorer = parts.scorer;
		this.text = parts.text;
		this.features = parts.features;
		this.aligned = parts.aligned;
		this.fingerprint = parts.fingerprint;
	}

	/** @throws ArgumentError for a name that neither has; what opening the pipeline, its adapters and the CLIP throws. */
	static async open(sources: ModelSources, options: RunModelsOptions): Promise<RunModels> {
		checkNames("RunModels.open", sources, SOURCES);
		const { model, adapters, clip } = sources;
		const { device, threads } = options;
		const pipeline = await DiffusionPipeline.fromPretrained(model, options);
		const others = { ...repositoryOf(options), revision: undefined };
		const drum = await DrUM.attach(pipeline, { ...others, adapters });
		const scorer = await CLIPScorer.fromPretrained(clip, { ...others, device, threads });
		const text = new RememberingEncoder(scorer.text);
		const own = pipeline.encoders[pipeline.mix.features]!;
		const features = new RememberingEncoder(own);
		const aligned: AlignedEncoder[] = [];
		for (const [name, encoder] of alignable(pipeline, text)) {
			const weights = await Checkpoint.open(await adapterFile(adapters, name, others));
			aligned.push({
				name,
				encoder,
				adapter: Adapter.create({ weights, encoder, device, threads, ...pipeline.adapterWeights }),
			});
		}
		const hash = await hashOf({ model, adapters, clip }, options, Object.keys(pipeline.encoders));
		return new RunModels({ pipeline, drum, scorer, text, features, aligned, fingerprint: hash });
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.drum.release();
		await Promise.all(this.aligned.map(({ adapter }) => adapter.release()));
		await Promise.all([this.scorer.release(), this.pipeline.release()]);
	}
}

/**
 * CLIP encoders with the text projection that makes class rows comparable: the model's own where it uses it, else the scorer's,
 * if it is of the same shape.
 */
function alignable({ mix, encoders }: DiffusionPipeline, text: RememberingEncoder): [string, RememberingEncoder][] {
	return Object.entries(encoders).flatMap(([name, encoder]): [string, RememberingEncoder][] => {
		if (!encoder.hasClassRow) return [];
		if (mix.pooled.some((part) => part.encoder === name && part.project))
			return [[name, new RememberingEncoder(encoder)]];
		return sameShape(encoder, text) ? [[name, text]] : [];
	});
}

function sameShape(a: TextEncoder, b: TextEncoder): boolean {
	return a.width === b.width && a.heads === b.heads && a.tokens === b.tokens;
}

function repositoryOf(options: RepositoryOptions) {
	const { revision, token, cacheDir, offline, signal, onProgress, onWait, onWarning } = options;
	return { revision, token, cacheDir, offline, signal, onProgress, onWait, onWarning };
}

async function adapterFile(adapters: string, name: string, options: RepositoryOptions): Promise<ByteSource> {
	const repository = await openRepository(adapters, options);
	const path = `weight/${name}.safetensors`;
	return repository.file((await repository.has(path)) ? path : `${name}.safetensors`);
}

/** Samples every tensor, as a text encoder's fingerprint does: what was measured with other weights is not theirs. */
async function hashOf(
	{ model, adapters, clip }: ModelSources,
	options: RunModelsOptions,
	encoders: readonly string[],
): Promise<string> {
	const others = { ...repositoryOf(options), revision: undefined };
	const { models, ...opening } = options;
	const files = await openCheckpoint(model, models, opening);
	const towers = await Checkpoint.open(await pickWeights(await openRepository(clip, others), "", "model"));
	const checkpoints = [
		files.denoiser.checkpoint,
		files.vae.checkpoint,
		...Object.values(files.encoders).map(({ weights }) => weights),
		towers,
		...(await Promise.all(encoders.map(async (name) => Checkpoint.open(await adapterFile(adapters, name, others))))),
	];
	const hash = createHash("sha256").update(JSON.stringify([options.dtype ?? null, files.scheduler]));
	for (const weights of checkpoints) hash.update(await fingerprint(weights, [...weights.names()], {}));
	return hash.digest("hex").slice(0, 32);
}
