import type { Model } from "../../api/index.ts";

/** A model that is not there: the server needs no more of one than this. */
export const MODEL: Model = {
	id: "tiny",
	source: "@drum/tiny",
	adapters: "@drum/tiny",
	kind: "Stable Diffusion 1",
	defaults: { width: 64, height: 64, numInferenceSteps: 25, guidanceScale: 4, alpha: 0.3 },
	sizeMultiple: 8,
	schedulers: ["ddim", "euler"],
	examples: ["a star"],
};
