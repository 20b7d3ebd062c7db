import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expandNames, type HoleType, writeHoles } from "@drum/test-weights";

// Checkpoints of published sizes without their gigabytes.

const LIST = fileURLToPath(new URL("../../../../test/golden/fixtures/published", import.meta.url));

export interface PublishedComponent {
	/** Of `test/golden/fixtures/published`, as `FLUX.1-dev.transformer`. */
	readonly list: string;
	readonly type: HoleType;
	/** Default 1: one file. */
	readonly shards?: number;
	/** Default none. */
	readonly variant?: string;
}

/** Writes a checkpoint's `model_index.json`, and the configurations and files of these components; one of which only the class is given is listed alone. */
export async function writePublished(
	folder: string,
	pipeline: string,
	components: Readonly<Record<string, PublishedComponent | string>>,
): Promise<string> {
	const index: Record<string, unknown> = { _class_name: pipeline };
	for (const [name, component] of Object.entries(components)) {
		index[name] = [
			"diffusers",
			typeof component === "string" ? component : await writeComponent(join(folder, name), component),
		];
	}
	await writeFile(join(folder, "model_index.json"), JSON.stringify(index));
	return folder;
}

/** @returns the component's class */
async function writeComponent(
	folder: string,
	{ list, type, shards = 1, variant }: PublishedComponent,
): Promise<string> {
	const published = JSON.parse(await readFile(join(LIST, `${list}.json`), "utf8"));
	await mkdir(folder, { recursive: true });
	await writeFile(join(folder, "config.json"), JSON.stringify(published.config));
	const tensors = expandNames(published.tensors);
	const stem = /^CLIP|^T5/.test(published.class) ? "model" : "diffusion_pytorch_model";
	const named = variant ? `${stem}.${variant}` : stem;
	const each = Math.ceil(tensors.length / shards);
	for (let i = 0; i < shards; i++) {
		const number = (n: number) => String(n).padStart(5, "0");
		const file = shards === 1 ? named : `${named}-${number(i + 1)}-of-${number(shards)}`;
		await writeHoles(join(folder, `${file}.safetensors`), tensors.slice(i * each, (i + 1) * each), type);
	}
	return published.class;
}
