import type { FileHandle } from "node:fs/promises";
import { notWritten, type ReplaceFileOptions, replaceFile } from "./replace-file.ts";
import { layOut, type NamedTensors } from "./safetensors.ts";

/**
 * Writes a safetensors file, equal to the format's reference writer's; folders that are missing are made. `path` holds the old file or
 * the whole new one, whatever happens.
 * @throws ArgumentError where a tensor's data does not fit its dims, FileError where the file cannot be written.
 */
export async function writeSafetensors(
	path: string,
	tensors: NamedTensors,
	metadata?: Readonly<Record<string, string>>,
	options: ReplaceFileOptions = {},
): Promise<void> {
	const parts = layOut(tensors, metadata);
	try {
		const write = async (file: FileHandle) => {
			for (const part of parts) await file.writeFile(part);
		};
		await replaceFile(path, write, options);
	} catch (cause) {
		throw notWritten(path, "a file that can be written", cause);
	}
}
