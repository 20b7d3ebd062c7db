import { openRepository, type RepositoryOptions, sourceName, type WeightsSource } from "@drum/hub";
import { advised, CheckpointError, type TensorSource } from "@drum/tensor";
import { readJson } from "../files.ts";
import { type CheckpointSource, sameLayers } from "./checkpoint-source.ts";
import { findSingleFile } from "./find-single-file.ts";
import { repositoryWeights, smallFiles } from "./repository-source.ts";
import { toldByKeys } from "./told-by-keys.ts";

/** Where a denoiser is. */
export interface DenoiserSource {
	/** Names it in messages. */
	readonly name: string;
	/** What the user gave instead of the checkpoint's own. */
	readonly source?: string | undefined;
	/** `config.json`, parsed. */
	readonly config: unknown;
	/** Settings of the scheduler in its weights' file. */
	readonly schedulerSettings?: Readonly<Record<string, unknown>> | undefined;
	/** Finds its weights. */
	weights(): Promise<TensorSource>;
}

/**
 * Finds a checkpoint's own denoiser, or that of `source`: a folder or a repository, of a denoiser or of a checkpoint with one, or a file of weights
 * with diffusers' or the authors' names, which gets the configuration of the checkpoint's own.
 * @throws what `openRepository` and `findSingleFile` throw; FileError, CheckpointError for its `config.json`, or for a file without one
 */
export async function placeDenoiser(
	checkpoint: CheckpointSource,
	folder: string,
	source: WeightsSource | undefined,
	{ variant, ...options }: RepositoryOptions & { variant?: string | undefined },
): Promise<DenoiserSource> {
	const name = `${checkpoint.name}/${folder}`;
	const own = () => readJson(checkpoint, `${folder}/config.json`);
	if (source === undefined)
		return { name, config: await own(), weights: () => checkpoint.weights({ name: "denoiser", folder }) };
	// The revision only belongs to the checkpoint.
	const others = { ...options, revision: undefined };
	const given = sourceName(source);
	const opened = await findSingleFile(source, others);
	if (opened) {
		const { denoiser, is } = opened.holds;
		if (!denoiser) {
			const next = "Give a VAE as vae, a text encoder among the encoders";
			throw new CheckpointError({ what: `denoiser ${given}`, expected: "a file with a denoiser", found: is, next });
		}
		const config = await own();
		const weights = async () => advised(await opened.weights("denoiser", config), sameLayers(checkpoint.name));
		return { name: given, source: given, config, schedulerSettings: toldByKeys(denoiser), weights };
	}
	const repository = await openRepository(source, others);
	const inside = (await repository.has("model_index.json")) ? folder : "";
	const config = await readJson(smallFiles(repository), inside ? `${inside}/config.json` : "config.json");
	const part = { name: "denoiser", folder: inside };
	const weights = () => repositoryWeights(repository, part, { variant, onWarning: options.onWarning });
	return { name: inside ? `${repository.name}/${inside}` : repository.name, source: given, config, weights };
}
