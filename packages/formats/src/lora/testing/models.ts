import { readdirSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { type LoraModel, layersOf } from "../model.ts";

const FIXTURES = fileURLToPath(new URL("../../../../../test/golden/fixtures/", import.meta.url));

/** Folders of a tiny checkpoint: its denoiser's, and its text encoders' by their names in a mix. */
const FOLDERS = {
	sd1: ["unet", { L: "text_encoder" }],
	sd2: ["unet", { H: "text_encoder" }],
	sdxl: ["unet", { L: "text_encoder", bigG: "text_encoder_2" }],
	sd3: ["transformer", { L: "text_encoder", bigG: "text_encoder_2", T5: "text_encoder_3" }],
	sd35: ["transformer", { L: "text_encoder", bigG: "text_encoder_2", T5: "text_encoder_3" }],
	flux: ["transformer", { L: "text_encoder", T5: "text_encoder_2" }],
} as const;

export type Family = keyof typeof FOLDERS;

/** The layers of a tiny checkpoint. */
export async function tinyModel(family: Family): Promise<LoraModel> {
	const [denoiser, encoders] = FOLDERS[family];
	return {
		denoiser: await layersIn(join(FIXTURES, family, denoiser)),
		encoders: await Promise.all(
			Object.entries(encoders).map(async ([name, folder]) => ({
				name,
				layers: await layersIn(join(FIXTURES, family, folder)),
			})),
		),
	};
}

async function layersIn(folder: string) {
	const names = readdirSync(folder);
	const file =
		names.find((name) => name.endsWith(".index.json")) ?? names.find((name) => /^[^.]+\.safetensors$/.test(name));
	return layersOf(await Checkpoint.open(join(folder, file!)));
}

/** Writes LoRA files into a folder of their own, and takes it away at the end. */
export class Files {
	#folder: Promise<string> | undefined;
	#count = 0;

	async write(tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Promise<Checkpoint> {
		this.#folder ??= mkdtemp(join(tmpdir(), "drum-lora-")).then((folder) => realpath(folder));
		const path = join(await this.#folder, `${this.#count++}.safetensors`);
		await writeSafetensors(path, tensors, metadata);
		return Checkpoint.open(path);
	}

	async close(): Promise<void> {
		if (this.#folder) await rm(await this.#folder, { recursive: true });
	}
}
