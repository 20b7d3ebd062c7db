import type { WeightsSource } from "@drum/hub";
import { Checkpoint } from "@drum/tensor";
import { findOneFile, type OneFileOptions } from "../sources/one-file.ts";

const KIND = { usual: ["learned_embeds.safetensors"], is: "a textual inversion's .safetensors file" };

export interface InversionFile {
	readonly file: Checkpoint;
	/** The file's name without its extension, which is the token in A1111's web UI. */
	readonly stem: string;
}

/**
 * Opens a textual inversion's file: a `.safetensors` file, a folder, a hub id, or a hub id followed by the file's path.
 * @throws what `findOneFile` and `Checkpoint.open` throw
 */
export async function openInversionFile(source: WeightsSource, options: OneFileOptions): Promise<InversionFile> {
	const { repository, path } = await findOneFile(source, options, KIND);
	const file = await Checkpoint.open(await repository.file(path));
	return { file, stem: path.slice(path.lastIndexOf("/") + 1).replace(/\.safetensors$/, "") };
}
