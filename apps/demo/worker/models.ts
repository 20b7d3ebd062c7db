import { basename } from "node:path";
import {
	type CheckpointSettings,
	DiffusionPipeline,
	DrUM,
	type GenerateOptions,
	type GenerateResult,
	openInversionFile,
	openLoraFile,
	type PipelineOptions,
	readCheckpointSettings,
} from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { ArgumentError, type Warning, type WarningCode } from "@drum/tensor";
import type { Model } from "../api/index.ts";
import { allFiles } from "./download-progress.ts";
import { HeldModels } from "./held-models.ts";
import { modelCard } from "./model-card.ts";
import { presetOf } from "./presets.ts";
import { withoutFolders } from "./without-folders.ts";

/** A checkpoint to be served. */
export interface ModelSource {
	/** Short name, for requests. */
	id: string;
	/** A folder, a safetensors file with a whole model, or a hub id. */
	source: string;
	/** The adapters' folder, or hub id. */
	adapters: string;
	/** LoRAs that all its pictures have. */
	loras?: readonly LoraSource[] | undefined;
	/** Textual inversions that its prompts may name. */
	textualInversions?: PipelineOptions["textualInversions"];
}

export interface LoraSource {
	/** A `.safetensors` file, a folder, or a hub id. */
	source: string;
	/** How much of it counts. */
	scale: number;
}

export interface ModelsOptions {
	/** How many models' weights stay in memory; of more, those used longest ago are freed. Default 1. */
	keep?: number | undefined;
	/** A VAE that shows pictures while they are drawn: a hub id, a folder or a file. Default: thumbnails are shown. */
	previewVae?: string | undefined;
	/** Told what whoever runs the service should know of the hub, its tokens and its cache, and of files that are there twice. */
	onWarning?: ((warning: Warning) => void) | undefined;
}

/** How much of the files of a checkpoint is here, in bytes; `done` never falls. */
export type OnDownload = (done: number, total: number) => void;

export interface UseOptions {
	/** Ends the opening and its download; the task itself heeds it where it wants to. */
	signal: AbortSignal;
	onDownload?: OnDownload | undefined;
}

/** A model with all its files here. Its weights are read when they are first needed. */
export interface OpenModel {
	readonly pipeline: DiffusionPipeline;
	readonly drum: DrUM<GenerateOptions, GenerateResult>;
	/** What its users should know of its files. */
	readonly warnings: readonly Warning[];
}

const FAMILIES = [...STABLE_DIFFUSION, ...FLUX];
/**
 * Reads what the checkpoints are, in their configurations; weights are fetched and read when a model is first used.
 * @throws what `readCheckpointSettings` throws; ArgumentError for two models of one id.
 */
export async function openModels(sources: readonly ModelSource[], options: ModelsOptions = {}): Promise<Models> {
	const cards = new Map<string, Model>();
	for (const source of sources) {
		if (cards.has(source.id)) {
			throw new ArgumentError({ what: "models", expected: "an id for each", found: `${source.id} twice` });
		}
		// So that a mistake shows now, not at the first picture.
		for (const lora of source.loras ?? []) await openLoraFile(lora.source, { onWarning: options.onWarning });
		for (const each of source.textualInversions ?? [])
			await openInversionFile(each.source, { onWarning: options.onWarning });
		const settings = await readCheckpointSettings(source.source, { ...ownOf(options), models: FAMILIES });
		cards.set(source.id, describe(source, settings));
	}
	return new Models(sources, cards, options);
}

/** The models that are served. */
export class Models implements AsyncDisposable {
	readonly #sources: ReadonlyMap<string, ModelSource>;
	readonly #cards: ReadonlyMap<string, Model>;
	readonly #opening: Pick<ModelsOptions, "onWarning" | "previewVae">;
	readonly #held: HeldModels<OpenModel>;

	/** @internal */
	constructor(sources: readonly ModelSource[], cards: ReadonlyMap<string, Model>, options: ModelsOptions) {
		this.#sources = new Map(sources.map((source) => [source.id, source]));
		this.#cards = cards;
		this.#opening = ownOf(options);
		this.#held = new HeldModels(options.keep ?? 1, async ({ pipeline, drum }) => {
			await drum.release();
			await pipeline.release();
		});
	}

	list(): Model[] {
		return [...this.#cards.values()];
	}

	/** @throws ArgumentError for a model that is not served (any more). */
	get(id: string): Model {
		const card = this.#cards.get(id);
		if (card) return card;
		throw new ArgumentError({ what: "model", expected: `one of ${[...this.#cards.keys()].join(", ")}`, found: id });
	}

	/**
	 * Runs `task` with the model, whose weights stay in memory meanwhile.
	 * @throws ArgumentError for a model that is not served; what `fromPretrained`, `DrUM.attach` and the task throw.
	 */
	async use<T>(id: string, options: UseOptions, task: (model: OpenModel) => Promise<T>): Promise<T> {
		this.get(id);
		return this.#held.use(id, options.signal, () => this.#open(this.#sources.get(id)!, options), task);
	}

	/** Frees all memory once the tasks have ended. */
	[Symbol.asyncDispose](): Promise<void> {
		return this.#held.clear();
	}

	async #open(
		{ id, source, adapters, loras = [], textualInversions }: ModelSource,
		{ signal, onDownload }: UseOptions,
	): Promise<OpenModel> {
		const { previewVae, onWarning } = this.#opening;
		const onProgress = onDownload && allFiles(onDownload);
		const options = { signal, onProgress, onWarning };
		const opening = { ...options, previewVae, textualInversions, models: FAMILIES };
		const pipeline = await DiffusionPipeline.fromPretrained(source, opening);
		const found = [...pipeline.warnings];
		for (const [i, { source: from, scale }] of loras.entries()) {
			const name = `${i + 1}: ${publicName(from)}`;
			found.push(...(await pipeline.loadLora(from, { ...options, name, scale })).warnings);
		}
		const drum = await DrUM.attach(pipeline, { ...options, adapters });
		return { pipeline, drum, warnings: publicWarnings(found, source, this.get(id).source) };
	}
}

/** What the opening of each model is told. */
function ownOf({ onWarning, previewVae }: ModelsOptions) {
	return { onWarning, previewVae };
}

function describe({ id, source, adapters, loras = [] }: ModelSource, settings: CheckpointSettings): Model {
	const { name, ...preset } = presetOf(source);
	const named = {
		id,
		source: name ?? publicName(source),
		adapters: name ?? publicName(adapters),
		...(loras.length > 0 && { loras: loras.map((each) => ({ ...each, source: publicName(each.source) })) }),
	};
	return modelCard(named, settings, preset);
}

/** A hub id as it is; of a folder its last part, because where it lies is nobody's affair. */
function publicName(source: string): string {
	return /^[\w.-]+\/[\w.-]+$/.test(source) ? source : basename(source);
}

/** Warnings about the hub, its tokens and its cache: they go to the operator, through `onWarning`. */
const OF_THE_HUB: readonly WarningCode[] = ["hub-unreachable", "token-refused", "token-in-clear"];

/** Those that concern pictures, with the model's public name in place of where it lies. */
function publicWarnings(warnings: readonly Warning[], source: string, name: string): Warning[] {
	return warnings
		.filter(({ code }) => !OF_THE_HUB.includes(code))
		.map(({ code, what, message }) => ({
			code,
			what: withoutFolders(what.replaceAll(source, () => name)),
			message: withoutFolders(message.replaceAll(source, () => name)),
		}));
}
