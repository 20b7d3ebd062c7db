import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { denoiserNames, ldmVae, type NameTable, openClip, placeInFile } from "@drum/formats";
import { expandNames, type HoleType, type Shape, writeHoles } from "@drum/test-weights";

// Checkpoints in one file of published sizes, without their gigabytes.

const LIST = fileURLToPath(new URL("../../../../test/golden/fixtures/published", import.meta.url));

/** A component of `test/golden/fixtures/published`, and what stands before its names in the file. */
export type PublishedPart = readonly [list: string, prefix: string];

const UNET = "model.diffusion_model.";
const VAE = "first_stage_model.";

export const SDXL_FILE: Readonly<Record<string, PublishedPart>> = {
	unet: ["stable-diffusion-xl-base-1.0.unet", UNET],
	vae: ["stable-diffusion-xl-base-1.0.vae", VAE],
	L: ["stable-diffusion-xl-base-1.0.text_encoder", "conditioner.embedders.0.transformer."],
	bigG: ["stable-diffusion-xl-base-1.0.text_encoder_2", "conditioner.embedders.1.model."],
};

/** Writes a file of these parts, and of `more` tensors. */
export async function writePublishedFile(
	path: string,
	parts: readonly PublishedPart[],
	type: HoleType,
	more: readonly Shape[] = [],
): Promise<string> {
	const tensors = new Map<string, number[]>(more);
	for (const [list, prefix] of parts) {
		const { config, tensors: rows } = JSON.parse(await readFile(`${LIST}/${list}.json`, "utf8"));
		const table = tableOf(list, prefix, config);
		for (const [own, dims] of expandNames(rows)) {
			const [name, stored] = inFile(own, dims, table);
			tensors.set(prefix + name, stored);
		}
	}
	await writeHoles(path, [...tensors], type);
	return path;
}

function tableOf(list: string, prefix: string, config: object): NameTable | undefined {
	if (list.endsWith(".vae")) return ldmVae(config as Parameters<typeof ldmVae>[0]);
	if (prefix.endsWith(".model.")) return openClip(config as Parameters<typeof openClip>[0]);
	return denoiserNames(config);
}

function inFile(own: string, dims: number[], table: NameTable | undefined): Shape {
	const { name, rows, transposed, kernel } = table ? placeInFile(table, own)! : { name: own };
	const share = rows?.reduce((sum, [from, to, of]) => sum + (to - from) / of, 0) ?? 1;
	const whole = [Math.round(dims[0]! / share), ...dims.slice(1)];
	if (transposed) return [name, whole.reverse()];
	return [name, kernel && own.endsWith(".weight") ? [...whole, 1, 1] : whole];
}
