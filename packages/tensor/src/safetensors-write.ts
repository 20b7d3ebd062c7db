import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { FileError } from "./errors.ts";
import { layOut, type NamedTensors } from "./safetensors.ts";

/**
 * Writes a safetensors file, equal to the format's reference writer's. It is written beside its place and then moved there, so
 * `path` holds the old file or the whole new one, whatever happens.
 * @throws ArgumentError where a tensor's data does not fit its dims, FileError where the file cannot be written.
 */
export async function writeSafetensors(
	path: string,
	tensors: NamedTensors,
	metadata?: Readonly<Record<string, string>>,
): Promise<void> {
	const parts = layOut(tensors, metadata);
	const temporary = `${path}.${randomUUID()}.tmp`;
	try {
		await writeParts(temporary, parts);
		await rename(temporary, path);
	} catch (cause) {
		await rm(temporary, { force: true });
		throw new FileError({ what: path, expected: "a file that can be written", found: (cause as Error).message, cause });
	}
}

async function writeParts(path: string, parts: Uint8Array[]): Promise<void> {
	const file = await open(path, "wx");
	try {
		for (const part of parts) await file.writeFile(part);
		await file.sync();
	} finally {
		await file.close();
	}
}
