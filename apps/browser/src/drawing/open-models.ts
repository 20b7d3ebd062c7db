import type { Model } from "@drum/demo/api";
import { allFiles } from "@drum/demo/worker/download-progress";
import { modelCard } from "@drum/demo/worker/model-card";
import { TINY } from "@drum/demo/worker/presets";
import { DiffusionPipeline, DrUM, readCheckpointSettings } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { adapterFiles, modelFiles } from "@drum/tiny/files";
import { Studio } from "./studio.ts";

interface OpenOptions {
	signal: AbortSignal;
	/** Told how many bytes of the model's files are here. */
	onDownload: (done: number, total: number) => void;
}

export interface Models {
	/** What the page shows of them. */
	cards: Model[];
	/** Opens a model; once it is open it stays so. */
	studio(id: string, options: OpenOptions): Promise<Studio>;
}

const ID = "tiny";

/** The model that comes with the page, whose configurations are read at once, and its weights when they are needed. */
export async function openModels(): Promise<Models> {
	const { name = ID, ...preset } = TINY;
	const settings = await readCheckpointSettings(modelFiles, { models: STABLE_DIFFUSION });
	const card = modelCard({ id: ID, source: name, adapters: name }, settings, preset);
	let opening: Promise<Studio> | undefined;
	return {
		cards: [card],
		studio: (_, options) => {
			opening ??= open(card, options).catch((error) => {
				opening = undefined;
				throw error;
			});
			return opening;
		},
	};
}

async function open(card: Model, { signal, onDownload }: OpenOptions): Promise<Studio> {
	const options = { signal, onProgress: allFiles(onDownload) };
	const pipeline = await DiffusionPipeline.fromPretrained(modelFiles, { ...options, models: STABLE_DIFFUSION });
	const drum = await DrUM.attach(pipeline, { ...options, adapters: adapterFiles });
	return new Studio({ pipeline, drum }, card);
}
