// Steps of denoisers and decodes on this side: step.ts FOLDER THREADS float32|int8 unet|vae|sdxl|flux|sd35-large|sd35-medium
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Autoencoder, Denoiser } from "../../../packages/diffusion/src/index.ts";
import { FluxTransformer2D } from "../../../packages/pipelines-flux/src/index.ts";
import { SD3Transformer2D, StableDiffusion, UNet2DCondition } from "../../../packages/pipelines-sd/src/index.ts";
import { float32 } from "../../../packages/tensor/src/index.ts";
import { Checkpoint } from "../../../packages/tensor/src/node.ts";
import { folder, input, kind, serve, task, threads } from "./serve.ts";

interface Family {
	load: typeof UNet2DCondition.load | typeof FluxTransformer2D.load | typeof SD3Transformer2D.load;
	/** Of the checkpoint's folder. */
	place: string;
	pictures?: number;
	conditions: number;
	/** Of the text. */
	rows: number;
}

/** What `peers/models.py` has. */
const FAMILIES: Readonly<Record<string, Family>> = {
	unet: { load: UNet2DCondition.load, place: "sd15/unet", pictures: 2, conditions: 2, rows: 77 },
	sdxl: { load: UNet2DCondition.load, place: "sdxl/unet", conditions: 2, rows: 77 },
	flux: { load: FluxTransformer2D.load, place: "flux", conditions: 1, rows: 512 },
	"sd35-large": { load: SD3Transformer2D.load, place: "sd35-large", conditions: 1, rows: 333 },
	"sd35-medium": { load: SD3Transformer2D.load, place: "sd35-medium", conditions: 1, rows: 333 },
};

/** Latents along a side. */
const SIZES: Readonly<Record<string, number>> = { unet: 64, "sdxl-64": 64 };

/** SDXL's sizes and crop, of a whole picture. */
const PLACES = [1024, 1024, 0, 0, 1024, 1024];

const dtype = kind as "float32" | "int8";
await (task === "vae" ? decodes() : steps(FAMILIES[task]!));

async function decodes(): Promise<void> {
	const { vae }: { vae: Autoencoder } = await StableDiffusion.fromPretrained(join(folder, "sd15"), { threads, dtype });
	const { data, dims } = input("sample", 1, 4, 64, 64);
	const latents = float32(
		data.map((value) => value / 2),
		dims,
	);
	await serve(() => vae.decode(latents));
}

async function steps({ load, place, pictures = 1, conditions, rows }: Family): Promise<void> {
	const from = join(folder, place);
	const files = {
		name: place,
		config: JSON.parse(readFileSync(join(from, "config.json"), "utf8")),
		checkpoint: await Checkpoint.open(join(from, "diffusion_pytorch_model.safetensors")),
	};
	const cacheFolder = join(folder, "hub/drum/quantized");
	const denoiser: Denoiser = await load(files, { threads, dtype, cacheFolder });
	await serve((name) => denoiser.predict(feeds(denoiser, name)));

	function feeds({ channels, width, pooledWidth }: Denoiser, name: string) {
		const size = SIZES[name] ?? 128;
		return {
			sample: input("sample", pictures, channels, size, size),
			timestep: 501,
			encoderHiddenStates: input("condition", conditions, rows, width),
			guidance: 3.5,
			...(pooledWidth && { pooledProjections: input("pooled", conditions, pooledWidth) }),
			...(task === "sdxl" && { timeIds: float32(Float32Array.from([PLACES, PLACES].flat()), [2, 6]) }),
		};
	}
}
