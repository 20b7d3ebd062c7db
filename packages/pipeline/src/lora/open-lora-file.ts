import { findFile, openRepository, type Repository, type RepositoryOptions, type WeightsSource } from "@drum/hub";
import { ArgumentError, Checkpoint, CheckpointError, readJson, shown } from "@drum/tensor";

/** PEFT's settings of an adapter, next to its weights. */
const CONFIG = "adapter_config.json";
/** As diffusers and PEFT name a repository's LoRA. */
const USUAL = ["pytorch_lora_weights.safetensors", "adapter_model.safetensors"];

export interface LoraFileOptions extends RepositoryOptions {
	/** The file's name in a folder or a repository that has several, as diffusers' `weight_name`. */
	weightName?: string | undefined;
}

export interface OpenedLoraFile {
	readonly file: Checkpoint;
	/** `adapter_config.json` next to it, parsed. */
	readonly config: unknown;
}

/**
 * Opens a LoRA's file: a `.safetensors` file, a folder, a hub id, or a hub id with the file's path behind it.
 * @throws ArgumentError where a folder or repository has several and none of a usual name; what `findFile`, `openRepository` and
 * `Checkpoint.open` throw.
 */
export async function openLoraFile(
	source: WeightsSource,
	{ weightName, ...options }: LoraFileOptions,
): Promise<OpenedLoraFile> {
	const found = await findFile(source, options);
	if (found && weightName !== undefined) {
		const next = "Leave it out: the source names a file";
		throw new ArgumentError({ what: "weightName", expected: "none", found: shown(weightName), next });
	}
	const repository = found?.repository ?? (await openRepository(source, options));
	const path = found?.path ?? (await pick(repository, weightName));
	const file = await Checkpoint.open(await repository.file(path));
	const beside = path.slice(0, path.lastIndexOf("/") + 1) + CONFIG;
	if (!(await repository.has(beside))) return { file, config: undefined };
	return { file, config: await readJson(await repository.file(beside), `${repository.name}/${beside}`) };
}

async function pick(repository: Repository, weightName: string | undefined): Promise<string> {
	if (weightName !== undefined) return weightName;
	for (const name of USUAL) if (await repository.has(name)) return name;
	const files = (await repository.list()).filter((path) => path.endsWith(".safetensors"));
	const [only, ...others] = files;
	if (only !== undefined && others.length === 0) return only;
	if (only === undefined) {
		throw (
			repository.absent("a LoRA's weights") ??
			new CheckpointError({ what: repository.name, expected: "a LoRA's .safetensors file", found: "none" })
		);
	}
	throw new ArgumentError({
		what: "weightName",
		expected: `one of ${files.join(", ")}`,
		found: "none",
		next: `${repository.name} has several files: say which by weightName`,
	});
}
