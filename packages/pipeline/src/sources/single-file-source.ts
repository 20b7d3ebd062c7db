import { builtInConfigs, type DenoiserPart } from "@drum/formats";
import { openRepository, type RepositoryOptions, type RepositorySource } from "@drum/hub";
import { advised, CheckpointError, type TensorSource, type Warning } from "@drum/tensor";
import { readJson } from "../files.ts";
import { builtInFiles, withTokenizers } from "./built-in-files.ts";
import type { CheckpointPart, CheckpointSource, SmallFiles } from "./checkpoint-source.ts";
import { smallFiles } from "./repository-source.ts";
import { type OpenedFile, straysOf } from "./single-file.ts";
import { toldByKeys } from "./told-by-keys.ts";

export interface SingleFileOptions {
	/** A folder or a hub id with configurations that replace the built-in ones. */
	config?: RepositorySource | undefined;
	/** The prediction type that the user gave. */
	predictionType?: unknown;
	/** Options to open the repository of `config`. */
	repository?: RepositoryOptions | undefined;
}

/**
 * Presents a single file in the hub's layout, with the configurations and vocabularies of the published model that it matches.
 * @throws CheckpointError for a file without a denoiser, or a model that no pipeline runs
 */
export async function singleFileLayout(opened: OpenedFile, options: SingleFileOptions): Promise<CheckpointSource> {
	const { name, holds } = opened;
	if (!holds.denoiser) {
		throw new CheckpointError({
			what: name,
			expected: "a file with a model's denoiser",
			found: holds.is,
			next: "It is one part of a checkpoint: open a model, and give this file as its vae or as one of its encoders",
		});
	}
	const files = await configurations(opened, options);
	return {
		...files,
		holds: {
			is: holds.is,
			parts: new Set(["denoiser", ...(holds.vae ? ["vae"] : []), ...Object.keys(holds.encoders)]),
		},
		schedulerSettings: toldByKeys(holds.denoiser),
		strays: straysOf(opened),
		weights: async ({ name: part, folder }: CheckpointPart): Promise<TensorSource> => {
			const config = await readJson(files, `${folder}/config.json`);
			const weights = await opened.weights(part, config);
			return options.config === undefined ? advised(weights, otherLayers(holds.denoiser!)) : weights;
		},
	};
}

/** Smaller variants of a model have the published model's names. */
function otherLayers({ title }: DenoiserPart): string {
	return `It has not the layers of ${title} as published: give its own configurations by config, a folder or a hub id`;
}

/** Both models of Stable Diffusion 2 have the same names and shapes. */
function assumedV(name: string): Warning {
	const message =
		`${name} does not say what it predicts: v was assumed, as diffusers does. If its pictures are noise it is a base model: ` +
		'schedulerConfig: { prediction_type: "epsilon" } says so, and "v_prediction" that it is none.';
	return { code: "prediction-assumed", what: name, message };
}

async function configurations(
	{ name, holds, globalStep }: OpenedFile,
	{ config, predictionType, repository }: SingleFileOptions,
): Promise<SmallFiles> {
	const { kind, predictionType: told, title } = holds.denoiser!;
	const says = predictionType === "epsilon" || predictionType === "v_prediction" ? predictionType : told;
	const configs = builtInConfigs(kind, { predictionType: says, globalStep });
	if (config === undefined) {
		if (kind === "sd2" && says === undefined && globalStep === undefined) repository?.onWarning?.(assumedV(name));
		if (configs) return builtInFiles(name, configs);
		throw new CheckpointError({
			what: name,
			expected: "a model that runs here",
			found: holds.is,
			next: `${title} is not supported: use the model that it belongs to`,
		});
	}
	// The revision only belongs to the file.
	const own = await openRepository(config, { ...repository, revision: undefined });
	return { ...withTokenizers(smallFiles(own), builtInFiles(name, configs ?? {})), name };
}
