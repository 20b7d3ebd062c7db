import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { builtInConfigs, type ModelKind } from "../index.ts";

const fixtures = new URL("../../../../test/golden/fixtures/", import.meta.url);
const jsonOf = (path: string) => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));

/** The files with the hub's configurations. */
const PUBLISHED: readonly [ModelKind, string, string][] = [
	["sd1", "unet", "stable-diffusion-v1-5.unet"],
	["sd1", "vae", "stable-diffusion-v1-5.vae"],
	["sd1", "text_encoder", "stable-diffusion-v1-5.text_encoder"],
	["sd2", "unet", "stable-diffusion-2-1.unet"],
	["sd2", "vae", "stable-diffusion-2-1.vae"],
	["sd2", "text_encoder", "stable-diffusion-2-1.text_encoder"],
	["sdxl", "unet", "stable-diffusion-xl-base-1.0.unet"],
	["sdxl", "vae", "stable-diffusion-xl-base-1.0.vae"],
	["sdxl", "text_encoder", "stable-diffusion-xl-base-1.0.text_encoder"],
	["sdxl", "text_encoder_2", "stable-diffusion-xl-base-1.0.text_encoder_2"],
	["sd3-medium", "transformer", "stable-diffusion-3-medium.transformer"],
	["sd3-medium", "vae", "stable-diffusion-3-medium.vae"],
	["sd3-medium", "text_encoder", "stable-diffusion-3-medium.text_encoder"],
	["sd3-medium", "text_encoder_2", "stable-diffusion-3-medium.text_encoder_2"],
	["sd3-medium", "text_encoder_3", "stable-diffusion-3-medium.text_encoder_3"],
	["sd3.5-medium", "transformer", "stable-diffusion-3.5-medium.transformer"],
	["sd3.5-large", "transformer", "stable-diffusion-3.5-large.transformer"],
	["flux-dev", "transformer", "FLUX.1-dev.transformer"],
	["flux-dev", "vae", "FLUX.1-dev.vae"],
	["flux-dev", "text_encoder", "FLUX.1-dev.text_encoder"],
	["flux-schnell", "transformer", "FLUX.1-schnell.transformer"],
];

test.each(PUBLISHED)("%s's %s is configured as the hub has it", (kind, part, published) => {
	expect(jsonOf(`published/${published}.json`).config).toMatchObject(builtInConfigs(kind)![`${part}/config.json`]!);
});

/** Tiny checkpoints that diffusers wrote with the hub's own schedulers, tokenizers and lists of parts. */
test.each<[ModelKind, string, number]>([
	["sd1", "sd1", 1],
	["sd2", "sd2", 1],
	["sdxl", "sdxl", 2],
	["sd3-medium", "sd3", 3],
	["sd3.5-medium", "sd35", 3],
	["flux-dev", "flux", 2],
	["flux-schnell", "flux-schnell", 2],
])("%s has the parts, scheduler and tokenizers of %s", (kind, folder, encoders) => {
	const configs = builtInConfigs(kind)!;
	const { _diffusers_version: _, ...scheduler } = configs["scheduler/scheduler_config.json"]!;
	expect(jsonOf(`${folder}/scheduler/scheduler_config.json`)).toMatchObject(scheduler);
	const { _class_name, ...index } = jsonOf(`${folder}/model_index.json`);
	const listed = configs["model_index.json"]!;
	expect(listed._class_name).toBe(_class_name);
	for (const [part, [library, name]] of Object.entries(index).filter(([, value]) => Array.isArray(value)) as [
		string,
		string[],
	][]) {
		if (/safety_checker|feature_extractor|image_encoder/.test(part)) continue;
		expect(listed[part], part).toEqual([library, name!.replace(/Fast$/, "")]);
	}
	for (const suffix of ["", "_2", "_3"].slice(0, encoders)) {
		const path = `tokenizer${suffix}/tokenizer_config.json`;
		const { pad_token, model_max_length, tokenizer_class } = jsonOf(`${folder}/${path}`);
		expect(configs[path], path).toMatchObject({ pad_token, model_max_length, tokenizer_class });
	}
});

describe("what tensor shapes do not show", () => {
	const scheduler = (...args: Parameters<typeof builtInConfigs>) =>
		builtInConfigs(...args)!["scheduler/scheduler_config.json"];
	test("Stable Diffusion 2 predicts v, unless its steps or an option say that it is the base model", () => {
		expect(scheduler("sd2")).toMatchObject({ prediction_type: "v_prediction", _class_name: "DDIMScheduler" });
		const base = { prediction_type: "epsilon", _class_name: "PNDMScheduler" };
		expect(scheduler("sd2", { globalStep: 875_000 })).toMatchObject(base);
		expect(scheduler("sd2", { predictionType: "epsilon" })).toMatchObject(base);
		expect(scheduler("sd2", { globalStep: 110_000 })).toMatchObject({ prediction_type: "v_prediction" });
		expect(scheduler("sd2", { globalStep: 875_000, predictionType: "v_prediction" })).toMatchObject({
			prediction_type: "v_prediction",
		});
		const configs = builtInConfigs("sd2", { predictionType: "epsilon" })!;
		expect(configs["unet/config.json"]).toMatchObject({ sample_size: 64 });
		expect(configs["model_index.json"]).toMatchObject({ scheduler: ["diffusers", "PNDMScheduler"] });
		expect(scheduler("sd1", { globalStep: 875_000 })).not.toHaveProperty("prediction_type");
	});

	test("Stable Diffusion XL predicts noise, unless options say that it was tuned to v", () => {
		expect(scheduler("sdxl")).toMatchObject({ prediction_type: "epsilon" });
		expect(scheduler("sdxl", { predictionType: "v_prediction", zeroTerminalSnr: true })).toMatchObject({
			prediction_type: "v_prediction",
			rescale_betas_zero_snr: true,
		});
	});

	test("parts can be left out", () => {
		const configs = builtInConfigs("sd3-medium", { without: ["text_encoder_3", "tokenizer_3"] })!;
		expect(configs["model_index.json"]).toMatchObject({ text_encoder_3: [null, null], tokenizer_3: [null, null] });
		expect(Object.keys(configs).filter((path) => path.includes("_3"))).toEqual([]);
	});
});

test("models that are only recognised have no configurations, and those for inpainting have 9 input channels", () => {
	for (const kind of ["flux-fill", "flux-depth", "sdxl-refiner"] as const) expect(builtInConfigs(kind)).toBeUndefined();
	for (const kind of ["sd1-inpainting", "sd2-inpainting", "sdxl-inpainting"] as const)
		expect(builtInConfigs(kind)!["unet/config.json"]).toMatchObject({ in_channels: 9 });
});
