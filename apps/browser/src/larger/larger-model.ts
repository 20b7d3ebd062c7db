import { GENERAL, type Preset } from "@drum/demo/worker/presets";

/** A model that is fetched from the hub once the visitor has agreed. */
export interface LargerModel {
	/** Short name, as in requests. */
	readonly id: string;
	readonly name: string;
	/** Its repository on the hub. */
	readonly source: string;
	readonly variant: string;
	/** Which of the repository's files a run needs. */
	readonly files: RegExp;
	readonly adapters: { readonly source: string; readonly files: RegExp };
	readonly licence: string;
	readonly preset: Preset;
	/** Bytes that a picture takes besides the weights, in half precision. */
	readonly work: number;
}

/** Where models come from, unless the visitor names a mirror. */
export const HUB = "https://huggingface.co";

/** A Stable Diffusion 2.1, distilled to few steps without guidance. */
export const SD_TURBO: LargerModel = {
	id: "sd-turbo",
	name: "SD-Turbo",
	source: "stabilityai/sd-turbo",
	variant: "fp16",
	files:
		/^(model_index\.json|(scheduler|tokenizer)\/[^/]+\.(json|txt)|(text_encoder|unet|vae)\/(config\.json|[^/]+\.fp16\.safetensors))$/,
	adapters: { source: "Burf/DrUM", files: /^weight\/H\.safetensors$/ },
	licence: "Stability AI Community License",
	preset: {
		...GENERAL,
		defaults: { numInferenceSteps: 4, guidanceScale: 0 },
		note: "Made for 1 to 4 steps at 512 × 512, without guidance: a negative prompt has no effect.",
	},
	// As `forecastMemory` has it of its configurations: half of 1.1 GB to decode 512 × 512 pixels and 0.2 GB for a step, in float32.
	work: 0.65e9,
};
