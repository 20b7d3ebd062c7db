import { openRepository, type Repository, type RepositoryOptions, repositoryOptions } from "@drum/hub";
import { readJson } from "./files.ts";

/** Where a VAE's files lie. */
export interface VaePlace {
	readonly repository: Repository;
	/** `""` for the repository's root. */
	readonly folder: string;
	/** Names it in messages. */
	readonly name: string;
	/** `config.json`, parsed. */
	readonly config: unknown;
}

/**
 * Finds a checkpoint's own VAE, or that of `source`: a repository of a VAE alone, or a checkpoint, whose `vae` folder counts.
 * @throws what `openRepository` throws; FileError, CheckpointError for its `config.json`.
 */
export async function placeVae(
	checkpoint: Repository,
	source: string | undefined,
	options: RepositoryOptions,
): Promise<VaePlace> {
	// A revision is the checkpoint's.
	const other = source !== undefined && { ...repositoryOptions(options), revision: undefined };
	const repository = other ? await openRepository(source, other) : checkpoint;
	const folder = !other || (await repository.has("model_index.json")) ? "vae" : "";
	const config = await readJson(repository, folder ? `${folder}/config.json` : "config.json");
	return { repository, folder, name: folder ? `${repository.name}/${folder}` : repository.name, config };
}
