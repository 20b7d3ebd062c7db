import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { forecastMemory, heldAs } from "@drum/pipeline";
import { Checkpoint } from "@drum/tensor/node";
import { expandNames, type Shape, writeHoles } from "@drum/test-weights";

// Memory of the published models from their configurations, names and shapes, as `drum inspect` forecasts it.

const PUBLISHED = fileURLToPath(new URL("../golden/fixtures/published/", import.meta.url));

interface Published {
	config: unknown;
	tensors: Shape[];
}

interface Model {
	name: string;
	/** Files of the fixtures, by the encoder's name. */
	encoders: Readonly<Record<string, string>>;
	denoiser: string;
	vae: string;
}

const SD1 = "stable-diffusion-v1-5";
const SD2 = "stable-diffusion-2-1";
const XL = "stable-diffusion-xl-base-1.0";
const SD3 = "stable-diffusion-3-medium";
const THREE = { L: `${SD3}.text_encoder`, bigG: `${SD3}.text_encoder_2`, T5: `${SD3}.text_encoder_3` };

const MODELS: readonly Model[] = [
	{ name: "Stable Diffusion 1.5", encoders: { L: `${SD1}.text_encoder` }, denoiser: `${SD1}.unet`, vae: `${SD1}.vae` },
	{ name: "Stable Diffusion 2.1", encoders: { H: `${SD2}.text_encoder` }, denoiser: `${SD2}.unet`, vae: `${SD2}.vae` },
	{
		name: "Stable Diffusion XL",
		encoders: { L: `${XL}.text_encoder`, bigG: `${XL}.text_encoder_2` },
		denoiser: `${XL}.unet`,
		vae: `${XL}.vae`,
	},
	{ name: "Stable Diffusion 3 medium", encoders: THREE, denoiser: `${SD3}.transformer`, vae: `${SD3}.vae` },
	{
		name: "Stable Diffusion 3.5 medium",
		encoders: THREE,
		denoiser: "stable-diffusion-3.5-medium.transformer",
		vae: `${SD3}.vae`,
	},
	{
		name: "Stable Diffusion 3.5 large",
		encoders: THREE,
		denoiser: "stable-diffusion-3.5-large.transformer",
		vae: `${SD3}.vae`,
	},
	{
		name: "FLUX.1 dev",
		encoders: { L: "FLUX.1-dev.text_encoder", T5: THREE.T5 },
		denoiser: "FLUX.1-dev.transformer",
		vae: "FLUX.1-dev.vae",
	},
	{
		name: "FLUX.1 schnell",
		encoders: { L: "FLUX.1-dev.text_encoder", T5: THREE.T5 },
		denoiser: "FLUX.1-schnell.transformer",
		vae: "FLUX.1-dev.vae",
	},
];

/** Rows of a Markdown table: a picture's peak memory by dtype, all models kept and one at a time. */
export async function memoryTable(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "drum-tables-"));
	try {
		const rows: string[] = [];
		for (const model of MODELS) rows.push(await memoryRow(model, folder));
		return [
			"| model | encoders | denoiser | weights in 16 bits | float32 | float32, `offload` | int8 | int8, `offload` | int4, `offload` |",
			"| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
			...rows,
		].join("\n");
	} finally {
		await rm(folder, { recursive: true });
	}
}

async function memoryRow({ name, encoders, denoiser, vae }: Model, folder: string): Promise<string> {
	const opened = new Map<string, { config: unknown; checkpoint: Checkpoint; numbers: number }>();
	for (const file of [...Object.values(encoders), denoiser, vae]) {
		const { config, tensors }: Published = JSON.parse(readFileSync(join(PUBLISHED, `${file}.json`), "utf8"));
		const all = expandNames(tensors);
		const path = join(folder, `${file}.safetensors`);
		await writeHoles(path, all, "F16");
		const numbers = all.reduce((sum, [, dims]) => sum + dims.reduce((product, side) => product * side, 1), 0);
		opened.set(file, { config, checkpoint: await Checkpoint.open(path), numbers });
	}
	const at = (file: string) => opened.get(file)!;
	const outline = {
		encoders: Object.fromEntries(
			Object.entries(encoders).map(([name, file]) => [name, { weights: at(file).checkpoint }]),
		),
		denoiser: at(denoiser),
		vae: at(vae),
	};
	const stored = forecastMemory(outline);
	const int8 = forecastMemory(outline, heldAs("int8"));
	const int4 = forecastMemory(outline, heldAs("int4"));
	const numbers = [...opened.values()].reduce((sum, part) => sum + part.numbers, 0);
	const cells = [
		name,
		Object.keys(encoders).join(", "),
		`${(at(denoiser).numbers / 1e9).toPrecision(2)} B`,
		gigabytes(2 * numbers),
		gigabytes(stored.kept),
		gigabytes(stored.offload),
		gigabytes(int8.kept),
		gigabytes(int8.offload),
		gigabytes(int4.offload),
	];
	return `| ${cells.join(" | ")} |`;
}

function gigabytes(bytes: number): string {
	return `${(bytes / 1e9).toPrecision(bytes < 1e10 ? 2 : 3)} GB`;
}
