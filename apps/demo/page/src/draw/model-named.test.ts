import { model as tinyFolder } from "@drum/tiny";
import { describe, expect, it } from "vitest";
import { modelNamed } from "./model-named.ts";

const model = (id: string, source: string) => ({
	...{ id, source, adapters: "Burf/DrUM", kind: "Stable Diffusion 1", sizeMultiple: 8, schedulers: [], examples: [] },
	defaults: { width: 512, height: 512, numInferenceSteps: 50, guidanceScale: 7.5, alpha: 0.3 },
});
const models = [model("tiny", "@drum/tiny"), model("turbo", "stabilityai/sdxl-turbo"), model("own", "my-checkpoint")];

describe("the model that a picture names", () => {
	it.each([
		["the repository's own, by its folder", tinyFolder, "tiny"],
		["the repository's own, by its folder's name", "model", "tiny"],
		["a folder's name", "my-checkpoint", "own"],
		["a hub id", "stabilityai/sdxl-turbo", "turbo"],
		["a folder", "/data/models/my-checkpoint/", "own"],
		["a folder on Windows", "C:\\models\\my-checkpoint", "own"],
		["one that is not served", "black-forest-labs/FLUX.1-dev", undefined],
		["none", undefined, undefined],
	])("is found for %s", (_, name, id) => {
		expect(modelNamed(models, name)?.id).toBe(id);
	});
});
