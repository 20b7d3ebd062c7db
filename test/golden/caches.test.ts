import type { DiffusionPipeline, Step } from "@drum/pipeline";
import type { Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { type FamilyCase, openFamily, optionsOf } from "./family-cases.ts";
import { expectNumbers, expectPictures, readRuns } from "./pictures.ts";
import { openedOnce } from "./run-cases.ts";

// Oracle: DeepCache's own helper on diffusers' pipelines, and diffusers' FirstBlockCacheConfig, by tooling/golden/caches.py.

type Cache = { method: "deepcache"; interval: number; branch: number } | { method: "first-block"; threshold: number };

interface CacheCase extends FamilyCase {
	cache: Cache;
	/** Predictions by the whole network. */
	whole: number;
	image?: string;
	strength?: number;
	denoising_end?: number;
}

const { cases, tensors } = readRuns<CacheCase>("caches");
/** One for each checkpoint: what a run keeps is not in them. */
const openOnce = openedOnce<DiffusionPipeline>();
const opened = (settings: CacheCase) => openOnce(settings.checkpoint, () => openFamily(settings));
const pictures = readRuns("pictures-in-image").tensors;

function pictureOf(name: string) {
	const { data, dims } = pictures.get(`picture.${name}`) as Tensor<"uint8">;
	return { height: dims[0]!, width: dims[1]!, data };
}

describe("a run that takes work of earlier steps again", () => {
	test.each(cases)("$key: latents within 1e-4, each pixel within 1/255", async (settings) => {
		const pipeline = await opened(settings);
		let latents = new Float32Array();
		let calls = 0;
		const onStep = (step: Step) => {
			latents = Float32Array.from(step.latents);
			calls = step.step;
		};
		const { cache, image, strength, denoising_end: denoisingEnd } = settings;
		const { images, cachedSteps, warnings } = await pipeline.generate(settings.prompt, {
			...optionsOf(settings),
			...{ cache, strength, denoisingEnd, onStep },
			image: image === undefined ? undefined : pictureOf(image),
		});
		expectNumbers(latents, tensors.get(`${settings.key}.latents`) as Tensor<"float32">, 1e-4);
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
		// With a first-block cache each condition is decided for itself.
		const alone = cache.method === "deepcache" || settings.negative_prompt === null;
		if (alone) expect(cachedSteps).toBe(calls - settings.whole);
		else expect(cachedSteps).toBeLessThanOrEqual(calls);
		expect(warnings.filter(({ what }) => what === "cache")).toEqual([]);
		expect(images[0]!.parameters.cache).toEqual(cache);
	});
});
