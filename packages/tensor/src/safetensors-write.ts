import { layOut, type NamedTensors } from "./safetensors.ts";
import { type WriteFileOptions, writeFile } from "./write-file.ts";

/**
 * Writes a safetensors file, equal to the format's reference writer's; folders that are missing are made. `path` holds the old file or
 * the whole new one, whatever happens.
 * @throws ArgumentError where a tensor's data does not fit its dims, FileError where the file cannot be written.
 */
export async function writeSafetensors(
	path: string,
	tensors: NamedTensors,
	metadata?: Readonly<Record<string, string>>,
	options: WriteFileOptions = {},
): Promise<void> {
	await writeFile(path, layOut(tensors, metadata), options);
}
