import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { afterAll } from "vitest";

/** Paths of the fixtures next to the tests, and of the authors' numbers, which all packages share. */
const FOLDERS = { own: "../fixtures/", reference: "../../../../test/golden/fixtures/reference/" };

export function pathOf(path: string, folder: keyof typeof FOLDERS = "own"): string {
	return fileURLToPath(new URL(FOLDERS[folder] + path, import.meta.url));
}

export function bytesOf(path: string): Uint8Array {
	return readFileSync(pathOf(path));
}

export function jsonOf(path: string, folder?: keyof typeof FOLDERS): Record<string, unknown> {
	return JSON.parse(readFileSync(pathOf(path, folder), "utf8"));
}

export function tensorsOf(path: string, folder?: keyof typeof FOLDERS): ReadonlyMap<string, Tensor> {
	return parseSafetensors(readFileSync(pathOf(path, folder)), path).tensors;
}

/** A folder for the files of one test file. It is removed after the tests. */
export async function temporaryFolder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "t5-"));
	afterAll(() => rm(path, { recursive: true }));
	return path;
}
