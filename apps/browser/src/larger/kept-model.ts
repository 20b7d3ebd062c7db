import type { Model } from "@drum/demo/api";
import { modelCard } from "@drum/demo/worker/model-card";
import { type HubFile, hubFiles, openRepository, type RepositoryOptions } from "@drum/hub";
import { DiffusionPipeline, DrUM, readCheckpointSettings } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { CheckpointError, DrumError, FileError } from "@drum/tensor";
import type { OpenModel } from "../drawing/studio.ts";
import { extentOf, type ModelExtent } from "./extent.ts";
import type { LargerModel } from "./larger-model.ts";
import type { ModelStorage } from "./page-storage.ts";

/** How far a download is, in bytes of all files. */
export interface BringOptions {
	signal: AbortSignal;
	onProgress: (done: number, total: number) => unknown;
	/** Told what outside is waited for, as the end of "waiting for …". */
	onWait: (what: string) => void;
}

export interface KeptModelOptions {
	storage: ModelStorage;
	device: "webgpu" | "cpu";
	/** Whether all of its parts stay in memory between pictures. */
	keepsAll: boolean;
}

/** A larger model's files: fetched when asked for, and kept. It is opened from what is kept, and the hub is not asked then. */
export class KeptModel {
	readonly model: LargerModel;
	readonly #options: KeptModelOptions;

	constructor(model: LargerModel, options: KeptModelOptions) {
		this.model = model;
		this.#options = options;
	}

	/**
	 * What it takes. Only the hub's lists are fetched; without `hub` those that were kept do.
	 * @throws what `hubFiles` throws; CheckpointError where a list has none of its files
	 */
	async extent(hub: string | undefined): Promise<ModelExtent> {
		const { storage, keepsAll } = this.#options;
		const files = await this.#files(hub === undefined ? this.#kept : this.#at(hub));
		return { ...extentOf([...files.values()].flat(), { keepsAll, work: this.model.work }), room: await storage.room() };
	}

	/** Whether all files are here, and its configurations can be read. */
	async isHere(): Promise<boolean> {
		try {
			for (const [source, files] of await this.#files(this.#kept)) {
				const repository = await openRepository(source, this.#kept);
				for (const { path } of files) await repository.file(path);
			}
			await this.card();
			return true;
		} catch (error) {
			if (DrumError.is(error)) return false;
			throw error;
		}
	}

	/**
	 * Fetches what is not here yet; what has come is kept, also when the signal ends it.
	 * @throws FileError where nothing can be kept, or there is no room; what `openRepository` throws
	 */
	async bring(hub: string, { signal, onProgress, onWait }: BringOptions): Promise<void> {
		if (!(await this.#options.storage.keeps())) {
			const found = "one that keeps none for this page, as some do in private windows";
			throw new FileError({ what: this.model.name, expected: "a browser that keeps files", found });
		}
		const at = { ...this.#at(hub), signal };
		const all = await this.#files(at);
		const total = [...all.values()].flat().reduce((sum, { size }) => sum + size, 0);
		const done = new Map<string, number>();
		const tell = (file: string, loaded: number) => {
			done.set(file, loaded);
			onProgress(
				[...done.values()].reduce((sum, each) => sum + each, 0),
				total,
			);
		};
		for (const [source, files] of all) for (const { path, kept } of files) tell(`${source}/${path}`, kept);
		for (const [source, files] of all) {
			const repository = await openRepository(source, {
				...at,
				onProgress: ({ file, loaded }) => tell(`${source}/${file}`, loaded),
				onWait: ({ what }) => onWait(what),
			});
			for (const { path, size } of files) {
				await repository.file(path);
				tell(`${source}/${path}`, size);
			}
		}
	}

	/** What the page shows of it, once it is here. */
	async card(): Promise<Model> {
		const { id, source, adapters, preset, variant } = this.model;
		const settings = await readCheckpointSettings(source, { ...this.#kept, variant, models: STABLE_DIFFUSION });
		return modelCard({ id, source, adapters: adapters.source }, settings, preset);
	}

	/** Opens it from what is here. @throws what `DiffusionPipeline.fromPretrained` and `DrUM.attach` throw */
	async open(signal: AbortSignal): Promise<OpenModel> {
		const { source, variant, adapters } = this.model;
		const { device, keepsAll } = this.#options;
		const kept = { ...this.#kept, signal };
		const opening = { ...kept, variant, device, offload: !keepsAll, models: STABLE_DIFFUSION };
		const pipeline = await DiffusionPipeline.fromPretrained(source, opening);
		return { pipeline, drum: await DrUM.attach(pipeline, { ...kept, adapters: adapters.source }) };
	}

	remove(): Promise<void> {
		return this.#options.storage.remove(this.model.id);
	}

	get #kept(): RepositoryOptions {
		return { cacheDir: this.#options.storage.folder(this.model.id), token: "", offline: true };
	}

	#at(endpoint: string): RepositoryOptions {
		return { ...this.#kept, offline: false, endpoint };
	}

	/** The files that it needs, by their repository. */
	async #files(options: RepositoryOptions): Promise<ReadonlyMap<string, readonly HubFile[]>> {
		const { source, files, adapters } = this.model;
		const wanted: readonly [string, RegExp][] = [
			[source, files],
			[adapters.source, adapters.files],
		];
		const found = new Map<string, readonly HubFile[]>();
		for (const [source, pattern] of wanted) {
			const files = (await hubFiles(source, options)).filter(({ path }) => pattern.test(path));
			if (!files.some(({ path }) => path.endsWith(".safetensors")))
				throw new CheckpointError({ what: source, expected: `weights as ${this.model.name} has them`, found: "none" });
			found.set(source, files);
		}
		return found;
	}
}
