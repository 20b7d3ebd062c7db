import type { WeightsSource } from "@drum/hub";
import { Checkpoint, readJson } from "@drum/tensor";
import { findOneFile, type OneFileOptions } from "../sources/one-file.ts";

/** PEFT's settings of an adapter, next to its weights. */
const CONFIG = "adapter_config.json";
const KIND = {
	usual: ["pytorch_lora_weights.safetensors", "adapter_model.safetensors"],
	is: "a LoRA's .safetensors file",
};

export interface OpenedLoraFile {
	readonly file: Checkpoint;
	/** `adapter_config.json` next to it, parsed. */
	readonly config: unknown;
}

/**
 * Opens a LoRA's file: a `.safetensors` file, a folder, a hub id, or a hub id followed by the file's path.
 * @throws what `findOneFile` and `Checkpoint.open` throw
 */
export async function openLoraFile(source: WeightsSource, options: OneFileOptions): Promise<OpenedLoraFile> {
	const { repository, path } = await findOneFile(source, options, KIND);
	const file = await Checkpoint.open(await repository.file(path));
	const beside = path.slice(0, path.lastIndexOf("/") + 1) + CONFIG;
	if (!(await repository.has(beside))) return { file, config: undefined };
	return { file, config: await readJson(await repository.file(beside), `${repository.name}/${beside}`) };
}
