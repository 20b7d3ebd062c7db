import { parseConfig } from "@drum/diffusion";
import { CheckpointError } from "@drum/tensor";
import * as z from "zod/mini";
import { readJson } from "./files.ts";
import type { FoundationModel } from "./foundation-model.ts";
import type { CheckpointSource, SmallFiles } from "./sources/checkpoint-source.ts";

const schema = z.looseObject({
	_class_name: z._default(z.string(), "none"),
	force_zeros_for_empty_prompt: z.optional(z.boolean()),
});

/** `model_index.json`: the pipeline's class, and each component's library and class, or nulls for a missing one. */
export type ModelIndex = z.infer<typeof schema>;

/** What to do about known pipelines that this one does not run. */
const OTHERS: Readonly<Record<string, string>> = {
	StableDiffusionXLImg2ImgPipeline:
		"This is SDXL's refiner, which works over a finished picture; open the base model, stabilityai/stable-diffusion-xl-base-1.0",
	FluxFillPipeline:
		"FLUX Fill takes the picture as channels of its own, which is not supported; open black-forest-labs/FLUX.1-dev, which inpaints with image and mask",
	StableDiffusionInpaintPipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	StableDiffusionXLInpaintPipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	LatentConsistencyModelPipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	StableDiffusionPipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	StableDiffusionXLPipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	StableDiffusion3Pipeline: "StableDiffusion of @drum/pipelines-sd runs it",
	FluxPipeline: "Flux of @drum/pipelines-flux runs it",
};

/**
 * Reads a checkpoint's `model_index.json`.
 * @throws CheckpointError for a malformed one
 */
export async function readModelIndex(files: SmallFiles): Promise<ModelIndex> {
	const json = await readJson(files, "model_index.json");
	return parseConfig(schema, json, `${files.name}/model_index.json`, "the list of a checkpoint's parts");
}

/** Those of a pipeline's `models` that the checkpoint may be. */
export function modelsOf(
	{ name, holds }: CheckpointSource,
	index: ModelIndex,
	models: readonly FoundationModel[],
): FoundationModel[] {
	const found = models.filter(({ pipeline, inpaintPipeline }) =>
		[pipeline, inpaintPipeline].includes(index._class_name),
	);
	if (found.length > 0) return found;
	const next = OTHERS[index._class_name];
	throw new CheckpointError({
		what: holds ? name : `_class_name in ${name}/model_index.json`,
		expected: [...new Set(models.map(({ pipeline }) => pipeline))].join(" or "),
		found: holds ? `${holds.is}, which is of ${index._class_name}` : index._class_name,
		...(next && { next }),
	});
}

/** The first of several models with one pipeline class that the text encoders' configurations, by folder, fit. */
export function fittingModel(
	candidates: readonly FoundationModel[],
	configs: Readonly<Record<string, unknown>>,
): FoundationModel | undefined {
	return candidates.find(({ fits }) => fits?.(configs) ?? true) ?? candidates[0];
}

/** Whether the checkpoint has a component. Components that the index does not list count as present. */
export function hasComponent(index: ModelIndex, name: string): boolean {
	const entry = index[name];
	return !Array.isArray(entry) || entry[1] !== null;
}
