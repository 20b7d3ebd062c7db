import {
	openRepository,
	pickWeights,
	type Repository,
	type RepositoryOptions,
	readSmallFile,
	sourceKind,
	type WeightsSource,
} from "@drum/hub";
import { FileError, type TensorSource, type Warning } from "@drum/tensor";
import type { CheckpointPart, CheckpointSource, SmallFiles } from "./checkpoint-source.ts";
import { openTensors } from "./open-tensors.ts";

/** A repository's small files. */
export function smallFiles(repository: Repository): SmallFiles {
	return {
		name: repository.name,
		has: (path) => repository.has(path),
		absent: (thing) => repository.absent(thing),
		read: (path) => readSmallFile(repository, path),
	};
}

export interface WeightsOptions {
	variant?: string | undefined;
	onWarning?: ((warning: Warning) => void) | undefined;
}

/** Finds the weights in a folder of a repository, `""` for its root. */
export async function repositoryWeights(
	repository: Repository,
	{ name, folder }: CheckpointPart,
	{ variant, onWarning }: WeightsOptions,
): Promise<TensorSource> {
	const stem = name === "denoiser" || name === "vae" ? "diffusion_pytorch_model" : "model";
	return openTensors(await pickWeights(repository, folder, stem, variant, onWarning));
}

/**
 * Opens a checkpoint in the hub's layout. Its `model_index.json`, not the name of its folder, shows which model it is.
 * @throws FileError if that is missing; what `openRepository` throws
 */
export async function openLayout(
	source: WeightsSource,
	options: RepositoryOptions,
	weights: WeightsOptions,
): Promise<CheckpointSource> {
	const repository = await openRepository(source, options);
	if (!(await repository.has("model_index.json"))) throw await noIndex(repository);
	return {
		...smallFiles(repository),
		weights: (part) => repositoryWeights(repository, part, weights),
		strays: [],
	};
}

async function noIndex(repository: Repository): Promise<Error> {
	const kind = await sourceKind(repository);
	return (
		repository.absent("model_index.json") ??
		new FileError({
			what: `${repository.name}/model_index.json`,
			expected: "the list of a checkpoint's parts",
			found: kind ? `no such file, but ${kind.is}` : "no such file",
			next:
				kind?.next ??
				"A checkpoint is a folder, or a hub repository, as diffusers' save_pretrained writes it, or a .safetensors file of its own",
		})
	);
}
