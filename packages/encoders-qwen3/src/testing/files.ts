import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll } from "vitest";
import type { Qwen3TextEncoderOptions } from "../index.ts";

/** Path of a fixture next to the tests. */
export function pathOf(path: string): string {
	return fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
}

export function jsonOf<T = Record<string, unknown>>(path: string): T {
	return JSON.parse(readFileSync(pathOf(path), "utf8"));
}

export function tensorsOf(path: string): ReadonlyMap<string, Tensor> {
	return parseSafetensors(readFileSync(pathOf(path)), path).tensors;
}

export const TOKENIZER = {
	name: "tiny",
	tokenizer: jsonOf("model/tokenizer.json"),
	config: jsonOf("model/tokenizer_config.json"),
};

/** The tiny model, with five layers, in three files. */
export async function tinyModel(): Promise<Pick<Qwen3TextEncoderOptions, "name" | "config" | "weights" | "tokenizer">> {
	const weights = await Checkpoint.open(pathOf("model/model.safetensors.index.json"));
	return { name: "tiny", config: jsonOf("model/config.json"), weights, tokenizer: TOKENIZER };
}

/** A folder for the files of one test file. It is removed after the tests. */
export async function temporaryFolder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "qwen3-"));
	afterAll(() => rm(path, { recursive: true }));
	return path;
}
