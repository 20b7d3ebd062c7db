import { expect, it } from "vitest";
import { sizeConcern } from "./size-concern.ts";

const model = {
	...{
		id: "sd",
		source: "x/sd",
		adapters: "a",
		kind: "Stable Diffusion 1",
		sizeMultiple: 8,
		schedulers: [],
		examples: [],
	},
	defaults: { width: 512, height: 512, numInferenceSteps: 50, guidanceScale: 7.5, alpha: 0.3 },
};

it.each([
	[512, 512],
	[undefined, undefined],
	[768, 512],
	[640, undefined],
	[512, 1024],
	[256, 512],
])("nothing is said of %s × %s for a model of 512 × 512", (width, height) => {
	expect(sizeConcern(model, width, height)).toBeUndefined();
});

it.each([
	[1024, 1024, /made for 512 × 512: 1024 × 1024 takes at least 4 times as long/],
	[2048, undefined, /2048 × 512 takes at least 4 times/],
	[256, 256, /at 256 × 256 pictures tend to fall apart/],
])("much more or less is told: %s × %s", (width, height, words) => {
	expect(sizeConcern(model, width, height)).toMatch(words);
});
