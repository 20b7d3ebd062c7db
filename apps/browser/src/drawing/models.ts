import type { Model } from "@drum/demo/api";
import { allFiles } from "@drum/demo/worker/download-progress";
import { modelCard } from "@drum/demo/worker/model-card";
import { TINY } from "@drum/demo/worker/presets";
import { DiffusionPipeline, DrUM, readCheckpointSettings } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { ArgumentError } from "@drum/tensor";
import { adapterFiles, modelFiles } from "@drum/tiny/files";
import { KeptModel } from "../larger/kept-model.ts";
import { SD_TURBO } from "../larger/larger-model.ts";
import { pageStorage } from "../larger/page-storage.ts";
import { type OpenModel, Studio } from "./studio.ts";

interface OpenOptions {
	signal: AbortSignal;
	/** Told how many bytes of the model's files are here. */
	onDownload: (done: number, total: number) => void;
}

/** A model that is open, or opening. */
interface Open {
	model: Promise<OpenModel>;
	studio: Promise<Studio>;
	/** Orders that it works at. */
	orders: number;
}

const ID = "tiny";
/** Gigabytes of the machine from which on all parts of a larger model stay in memory; a browser that tells none may have fewer. */
const ROOMY = 8;

/** The model that comes with the page, and larger ones that were fetched. A model opens when it is first used, and stays open. */
export class Models {
	readonly #larger: ReadonlyMap<string, KeptModel>;
	readonly #open = new Map<string, Open>();

	constructor() {
		const { deviceMemory = 0 } = navigator as { deviceMemory?: number };
		const options = { storage: pageStorage, device: "webgpu", keepsAll: deviceMemory >= ROOMY } as const;
		this.#larger = new Map([SD_TURBO].map((model) => [model.id, new KeptModel(model, options)]));
	}

	/** What the page shows of those that are here: their configurations are read, and no weights. */
	async cards(): Promise<Model[]> {
		const cards = [await tinyCard()];
		for (const kept of this.#larger.values()) if (await kept.isHere()) cards.push(await kept.card());
		return cards;
	}

	/** @throws ArgumentError where there is none of this name */
	larger(id: string): KeptModel {
		const found = this.#larger.get(id);
		if (found) return found;
		throw new ArgumentError({
			what: "model",
			expected: `one of ${[ID, ...this.#larger.keys()].join(", ")}`,
			found: id,
		});
	}

	/** Works at an order with a model. @throws what opening it throws, and the work */
	async use(id: string, options: OpenOptions, work: (studio: Studio) => Promise<void>): Promise<void> {
		const open = this.#open.get(id) ?? this.#opening(id, options);
		open.orders++;
		try {
			await work(await open.studio);
		} finally {
			open.orders--;
		}
	}

	/** Removes a larger model's files. @throws ArgumentError while it draws */
	async remove(id: string): Promise<void> {
		const kept = this.larger(id);
		const open = this.#open.get(id);
		if (open?.orders) {
			const next = "Wait for its pictures, or cancel them";
			throw new ArgumentError({
				what: kept.model.name,
				expected: "a model that is not in use",
				found: "it draws",
				next,
			});
		}
		this.#open.delete(id);
		const { drum, pipeline } = (await open?.model) ?? {};
		await drum?.release();
		await pipeline?.release();
		await kept.remove();
	}

	#opening(id: string, options: OpenOptions): Open {
		const kept = id === ID ? undefined : this.larger(id);
		const model = kept ? kept.open(options.signal) : openTiny(options);
		const studio = Promise.all([model, kept ? kept.card() : tinyCard()]).then((parts) => new Studio(...parts));
		const open = { model, studio, orders: 0 };
		this.#open.set(id, open);
		studio.catch(() => this.#open.delete(id));
		return open;
	}
}

async function tinyCard(): Promise<Model> {
	const { name = ID, ...preset } = TINY;
	const settings = await readCheckpointSettings(modelFiles, { models: STABLE_DIFFUSION });
	return modelCard({ id: ID, source: name, adapters: name }, settings, preset);
}

async function openTiny({ signal, onDownload }: OpenOptions): Promise<OpenModel> {
	const options = { signal, onProgress: allFiles(onDownload) };
	const pipeline = await DiffusionPipeline.fromPretrained(modelFiles, { ...options, models: STABLE_DIFFUSION });
	return { pipeline, drum: await DrUM.attach(pipeline, { ...options, adapters: adapterFiles }) };
}
