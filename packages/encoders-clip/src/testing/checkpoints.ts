import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { afterAll } from "vitest";
import { CLIPTextEncoder, type CLIPTextEncoderOptions, type TokenizerFiles } from "../index.ts";

const FIXTURES = new URL("../../../../test/golden/fixtures/", import.meta.url);
const text = (path: string) => readFileSync(new URL(path, FIXTURES), "utf8");

export type Tensors = Record<string, Tensor>;

/** The tiny text encoders: those of Stable Diffusion 1 and 2, and ViT-L with a projection. */
export type Tiny = "sd1" | "sd2" | "projected";
const FOLDERS = { sd1: "sd1/text_encoder", sd2: "sd2/text_encoder", projected: "reference/L" };

export function configOf(tiny: Tiny): Record<string, unknown> {
	return JSON.parse(text(`${FOLDERS[tiny]}/config.json`));
}

export function weightsOf(tiny: Tiny, variant = ""): Promise<Checkpoint> {
	return Checkpoint.open(fileURLToPath(new URL(`${FOLDERS[tiny]}/model${variant}.safetensors`, FIXTURES)));
}

export function tokenizerOf(tiny: "sd1" | "sd2"): TokenizerFiles {
	const json = (file: string) => JSON.parse(text(`${tiny}/tokenizer/${file}`));
	return {
		name: tiny,
		vocab: json("vocab.json"),
		merges: text(`${tiny}/tokenizer/merges.txt`),
		config: json("tokenizer_config.json"),
		specialTokens: json("special_tokens_map.json"),
	};
}

/** All tensors of a checkpoint, to change and write them. */
export async function tensorsOf(weights: Checkpoint): Promise<Tensors> {
	const names = [...weights.names()];
	return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await weights.read(name)] as const)));
}

/** A folder for the files of one test file, which is removed after the tests, and a function that makes an encoder from written weights. */
export async function writing() {
	const folder = await mkdtemp(join(tmpdir(), "clip-"));
	afterAll(() => rm(folder, { recursive: true }));
	let files = 0;
	const write = async (tensors: Tensors): Promise<Checkpoint> => {
		const path = join(folder, `${files++}.safetensors`);
		await writeSafetensors(path, tensors);
		return Checkpoint.open(path);
	};
	return { folder, write };
}

/** An encoder of a tiny checkpoint, released after the test file. */
export async function encoderOf(tiny: Tiny, options: Partial<CLIPTextEncoderOptions> = {}): Promise<CLIPTextEncoder> {
	const tokenizer = tiny === "projected" ? undefined : tokenizerOf(tiny);
	const weights = options.weights ?? (await weightsOf(tiny));
	const encoder = await CLIPTextEncoder.create({ name: tiny, config: configOf(tiny), tokenizer, ...options, weights });
	afterAll(() => encoder.release());
	return encoder;
}
