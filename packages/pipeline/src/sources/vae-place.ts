import { openRepository, type RepositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import { advised, CheckpointError, type TensorSource } from "@drum/tensor";
import { readJson } from "../files.ts";
import { type CheckpointPart, type CheckpointSource, sameLayers } from "./checkpoint-source.ts";
import { findSingleFile } from "./find-single-file.ts";
import { repositoryWeights, smallFiles } from "./repository-source.ts";
import type { OpenedFile } from "./single-file.ts";

/** Where a VAE is. */
export interface VaePlace {
	/** Names it in messages. */
	readonly name: string;
	/** What the user gave instead of the checkpoint's own. */
	readonly source?: string | undefined;
	/** `config.json`, parsed. */
	readonly config: unknown;
	/** Finds its weights. */
	weights(): Promise<TensorSource>;
}

/**
 * Finds a checkpoint's own VAE, or that of `source`: a repository or a folder, of a VAE or of a checkpoint with a folder `vae`, or a file that
 * contains a VAE, which gets the configuration of the checkpoint's own.
 * @throws what `openRepository` and `findSingleFile` throw; FileError, CheckpointError for its `config.json`, or for a file with none
 */
export async function placeVae(
	checkpoint: CheckpointSource,
	source: WeightsSource | undefined,
	options: RepositoryOptions,
): Promise<VaePlace> {
	const part: CheckpointPart = { name: "vae", folder: "vae" };
	if (source === undefined) {
		const config = await readJson(checkpoint, "vae/config.json");
		return { name: `${checkpoint.name}/vae`, config, weights: () => checkpoint.weights(part) };
	}
	// The revision only belongs to the checkpoint.
	const others = { ...options, revision: undefined };
	const given = sourceName(source);
	const opened = await findSingleFile(source, others);
	if (opened) {
		const { weights, ...place } = inFile(given, opened, await readJson(checkpoint, "vae/config.json"));
		return { ...place, weights: async () => advised(await weights(), sameLayers(checkpoint.name)) };
	}
	const repository = await openRepository(source, others);
	const folder = (await repository.has("model_index.json")) ? "vae" : "";
	const config = await readJson(smallFiles(repository), folder ? `${folder}/config.json` : "config.json");
	const name = folder ? `${repository.name}/${folder}` : repository.name;
	const { onWarning } = options;
	return {
		name,
		source: given,
		config,
		weights: () => repositoryWeights(repository, { ...part, folder }, { onWarning }),
	};
}

/** The VAE in a file. Its shapes are the same as of all such VAEs, except for the channels of the latents. */
function inFile(source: string, opened: OpenedFile, config: unknown): VaePlace {
	const { vae, is } = opened.holds;
	const { latent_channels = vae?.channels, _class_name } = config as {
		latent_channels?: unknown;
		_class_name?: unknown;
	};
	if (!vae || vae.channels !== latent_channels || _class_name !== "AutoencoderKL") {
		throw new CheckpointError({
			what: `vae ${source}`,
			expected: `a VAE of ${latent_channels ?? 4} channels, as the checkpoint's own`,
			found: is,
			next: "Give one that was made for this model",
		});
	}
	return { name: source, source, config, weights: () => opened.weights("vae", config) };
}
