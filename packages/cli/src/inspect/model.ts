import type { CheckpointOutline, FoundationModel } from "@drum/pipeline";
import { foundationModels } from "../options/model.ts";

/** What `drum generate` runs a checkpoint as. */
export interface ModelReport {
	name: string;
	/** The paper's names of its text encoders, and where they lie. */
	encoders: Record<string, string>;
	/** Encoders that this checkpoint goes without: their rows of a condition are zeros. */
	absent: string[];
	/** Files of DrUM's adapters that personalising needs. */
	adapters: string[];
}

/** The foundation model whose checkpoint this is; undefined for one that is not run. */
export async function modelOf(
	pipeline: string,
	configs: Readonly<Record<string, unknown>>,
): Promise<FoundationModel | undefined> {
	const { fittingModel } = await import("@drum/pipeline");
	const models = (await foundationModels()).filter((model) =>
		[model.pipeline, model.inpaintPipeline].includes(pipeline),
	);
	return fittingModel(models, configs);
}

/** Configurations by folder, as a run of the model uses them. */
export async function configsOf(
	model: FoundationModel,
	configs: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
	const { amendConfigs } = await import("@drum/pipeline");
	const { folder } = model.denoiser;
	const { denoiser, vae } = amendConfigs(model, { denoiser: configs[folder], vae: configs.vae });
	return { ...configs, [folder]: denoiser, vae };
}

export function describeModel({ name, encoders }: FoundationModel, has: (folder: string) => boolean): ModelReport {
	const places = Object.entries(encoders);
	const there = places.filter(([, { folder }]) => has(folder));
	return {
		name,
		encoders: Object.fromEntries(there.map(([encoder, { folder }]) => [encoder, folder])),
		absent: places.filter(([, { folder }]) => !has(folder)).map(([encoder]) => encoder),
		adapters: there.map(([encoder]) => `weight/${encoder}.safetensors`),
	};
}

/** What a run loads; undefined where the weights of a part are not there. */
export function outlineOf(
	{ denoiser: { folder }, encoders }: FoundationModel,
	has: (folder: string) => boolean,
	component: (folder: string) => CheckpointOutline["vae"] | undefined,
): CheckpointOutline | undefined {
	const [denoiser, vae] = [component(folder), component("vae")];
	const there = Object.entries(encoders).filter(([, place]) => has(place.folder));
	const loaded = there.map(([encoder, place]) => [encoder, component(place.folder)?.checkpoint] as const);
	if (!denoiser || !vae || loaded.some(([, weights]) => !weights)) return undefined;
	return {
		denoiser,
		vae,
		encoders: Object.fromEntries(loaded.map(([encoder, weights]) => [encoder, { weights: weights! }])),
	};
}
