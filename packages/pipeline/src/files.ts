import { parseJsonFile } from "@drum/tensor";
import type { SmallFiles } from "./sources/checkpoint-source.ts";

/** @throws as `SmallFiles.read` */
export function readBytes(files: SmallFiles, path: string): Promise<Uint8Array> {
	return files.read(path);
}

export async function readText(files: SmallFiles, path: string): Promise<string> {
	return new TextDecoder().decode(await files.read(path));
}

/** @throws CheckpointError for a file that is not JSON */
export async function readJson(files: SmallFiles, path: string): Promise<unknown> {
	return parseJsonFile(await files.read(path), `${files.name}/${path}`);
}

/** The result of `read`, or undefined if there is no such file. */
export async function ifThere<T>(
	read: (files: SmallFiles, path: string) => Promise<T>,
	files: SmallFiles,
	path: string,
): Promise<T | undefined> {
	return (await files.has(path)) ? read(files, path) : undefined;
}
