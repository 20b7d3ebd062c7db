// Whole pictures on this side: picture.ts FOLDER THREADS float32|int8|int8-deepcache picture
import { join } from "node:path";
import { type GenerateOptions, StableDiffusion } from "../../../packages/pipelines-sd/src/index.ts";
import { folder, kind, serve, threads } from "./serve.ts";

const [dtype, cache] = kind.split("-") as ["float32" | "int8", "deepcache" | undefined];

/** How each model draws; `peers/picture.py` has the same. */
const OPTIONS: Readonly<Record<string, GenerateOptions>> = {
	sd15: { scheduler: "dpm++2m", guidanceScale: 7.5 },
	lcm: { guidanceScale: 8 },
	"sd-turbo": { guidanceScale: 0 },
	sdxl: { guidanceScale: 0, height: 512, width: 512 },
};

let opened: { what: string; pipeline: StableDiffusion } | undefined;

/** `sd15 20` is a picture of 20 steps, `lcm 4 taesd` one with another VAE. */
await serve(async (name) => {
	const [model = "", steps, vae] = name.split(" ");
	const pipeline = await open(model, vae);
	await pipeline.generate("a lighthouse on a cliff at dusk", {
		...{ seed: 1, numInferenceSteps: Number(steps), ...OPTIONS[model] },
		...(cache && { cache }),
	});
	return undefined;
});

async function open(model: string, vae: string | undefined): Promise<StableDiffusion> {
	const what = `${model} ${vae}`;
	if (opened?.what === what) return opened.pipeline;
	await opened?.pipeline[Symbol.asyncDispose]();
	const options = { threads, dtype, ...(vae && { vae: join(folder, vae) }) };
	opened = { what, pipeline: await StableDiffusion.fromPretrained(join(folder, model), options) };
	return opened.pipeline;
}
