import { findFile, type RepositoryOptions, type RepositorySource, type WeightsSource } from "@drum/hub";
import { loadPart, type Warning } from "@drum/tensor";
import type { CheckpointSource } from "./checkpoint-source.ts";
import { openFound } from "./find-single-file.ts";
import { openLayout } from "./repository-source.ts";

export interface SourceOptions {
	repository: RepositoryOptions;
	variant?: string | undefined;
	config?: RepositorySource | undefined;
	/** `prediction_type` of the option `schedulerConfig`. */
	predictionType?: unknown;
}

/**
 * Opens a checkpoint: a folder or a repository in the hub's layout, or one file.
 * @throws what `openRepository` and `findFile` throw; FileError for a folder without `model_index.json`; ArgumentError for
 * a file of another kind, CheckpointError for one of a part alone or of a model that nothing here runs
 */
export async function openSource(
	source: WeightsSource,
	{ repository, variant, config, predictionType }: SourceOptions,
): Promise<CheckpointSource> {
	const { onWarning } = repository;
	const found = await findFile(source, repository);
	const unused = (what: string, why: string) => onWarning?.(optionUnused(what, why));
	if (!found) {
		if (config !== undefined)
			unused("config", "because the checkpoint is no single file: it has its own configurations");
		return openLayout(source, repository, { variant, onWarning });
	}
	if (variant !== undefined) unused("variant", "because the checkpoint is a single file");
	const { singleFileLayout } = await loadPart(() => import("./single-files.ts"));
	return singleFileLayout(await openFound(source, found), { config, predictionType, repository });
}

function optionUnused(what: string, why: string): Warning {
	return { code: "option-unused", what, message: `${what} has no effect ${why}.` };
}
