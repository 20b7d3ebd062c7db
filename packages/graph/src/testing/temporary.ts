import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { afterAll } from "vitest";

/** A folder for the files of one test file, removed after it. */
export async function temporaryFolder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "graph-"));
	afterAll(() => rm(path, { recursive: true }));
	return path;
}

/** Writes tensors to a safetensors file and opens it. */
export async function checkpointOf(path: string, tensors: Readonly<Record<string, Tensor>>): Promise<Checkpoint> {
	await writeSafetensors(path, tensors);
	return Checkpoint.open(path);
}
