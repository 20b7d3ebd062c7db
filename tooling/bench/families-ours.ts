// This side of families.ts: steps of one denoiser in a process of its own, printed as one JSON line.
//   tsx --conditions=@drum/source tooling/bench/families-ours.ts TASK FOLDER THREADS REPEATS ROWS SIZE DTYPE [cached]
// With `cached` also a step that leaves out what a cache can, and the peak with the network cut for it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cache, Denoiser, ModelFiles } from "../../packages/diffusion/src/index.ts";
import type { SessionOptions, WeightDtype, WeightOptions } from "../../packages/graph/src/index.ts";
import { FluxTransformer2D } from "../../packages/pipelines-flux/src/index.ts";
import { SD3Transformer2D, UNet2DCondition } from "../../packages/pipelines-sd/src/index.ts";
import { float32 } from "../../packages/tensor/src/index.ts";
import { Checkpoint } from "../../packages/tensor/src/node.ts";
import { input, keep, peak, times } from "./measuring.ts";

interface Family {
	load(files: ModelFiles, options: SessionOptions & WeightOptions): Promise<Denoiser>;
	/** Of the one picture. */
	conditions: number;
}
const FAMILIES: Readonly<Record<string, Family>> = {
	sdxl: { load: UNet2DCondition.load, conditions: 2 },
	flux: { load: FluxTransformer2D.load, conditions: 1 },
	sd35: { load: SD3Transformer2D.load, conditions: 1 },
};

/** SDXL's sizes and crop, of a whole picture. */
const PLACES = [1024, 1024, 0, 0, 1024, 1024];

const [task = "", folder = "", threads = "", repeats = "", rows = "", size = "", dtype = "", cached] =
	process.argv.slice(2);
const { load, conditions } = FAMILIES[task.split("-")[0]!]!;
const name = task.startsWith("sdxl") ? "sdxl" : task;
const files = {
	name,
	config: JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8")),
	checkpoint: await Checkpoint.open(join(folder, name, "diffusion_pytorch_model.safetensors")),
};
const cacheFolder = join(folder, "quantized");
const denoiser = await load(files, { threads: Number(threads), dtype: dtype as WeightDtype, cacheFolder });
const feeds = {
	sample: input("sample", 1, denoiser.channels, Number(size), Number(size)),
	timestep: 501,
	encoderHiddenStates: input("condition", conditions, Number(rows), denoiser.width),
	pooledProjections: input("pooled", conditions, denoiser.pooledWidth!),
	timeIds: float32(Float32Array.from([PLACES, PLACES].flat()), [2, 6]),
	guidance: 3.5,
};
keep(`${task}.${dtype}`, await denoiser.predict(feeds));
const step = await times(() => denoiser.predict(feeds), Number(repeats));
console.log(JSON.stringify({ step, peak: peak(), ...(cached && (await timesCached())) }));
await denoiser.release();

/** The first call is whole; those after it take all that it kept. */
async function timesCached() {
	const cache: Cache =
		denoiser.branches === undefined
			? { method: "first-block", threshold: 1 }
			: { method: "deepcache", interval: 2, branch: 0 };
	const steps = [0, ...Array.from({ length: Number(repeats) + 9 }, () => 1)];
	await using calls = denoiser.cached!(cache, steps);
	let i = 0;
	await calls.predict(feeds, i++);
	const cachedStep = await times(() => calls.predict(feeds, i++), Number(repeats));
	return { cachedStep, cachedPeak: peak() };
}
