import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GenerateOptions, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, test } from "vitest";
import { fewStepsModels } from "../examples/few-steps-models.ts";
import { fillHubCache } from "../examples/hub-cache.ts";
import { fixture, readRuns } from "./pictures.ts";
import { expectRun } from "./run-cases.ts";

// Oracle: diffusers' pipelines with what each model's card says, by tooling/golden/few_steps.py. Models are found by their published
// names in a hub's cache of tiny ones.

const root = mkdtempSync(join(tmpdir(), "few-steps-"));
afterAll(() => rmSync(root, { recursive: true }));
// XL's base has no UNet of its own here: Lightning's is taken.
const base = join(root, "sdxl-base");
cpSync(fixture("sdxl"), base, { recursive: true });
rmSync(join(base, "unet/diffusion_pytorch_model.safetensors"));
const SD15 = "stable-diffusion-v1-5/stable-diffusion-v1-5";
const XL = "stabilityai/stable-diffusion-xl-base-1.0";
fillHubCache(root, { [SD15]: fixture("sd1"), [XL]: base, ...fewStepsModels(fixture(""), join(root, "models")) });
const hub = { cacheDir: join(root, "hub"), offline: true };

interface Use {
	source: string;
	opening?: object;
	lora?: string;
	options: GenerateOptions;
}

const TRAILING = { schedulerConfig: { timestep_spacing: "trailing" } };
const ONE = { numInferenceSteps: 1, guidanceScale: 0 };
const USES: Record<string, Use> = {
	"lcm-lora": {
		source: SD15,
		lora: "latent-consistency/lcm-lora-sdv1-5",
		options: { scheduler: "lcm", numInferenceSteps: 4, guidanceScale: 1.5 },
	},
	"hyper-sd": {
		source: SD15,
		opening: TRAILING,
		lora: "ByteDance/Hyper-SD/Hyper-SD15-8steps-lora.safetensors",
		options: { scheduler: "ddim", numInferenceSteps: 8, guidanceScale: 0 },
	},
	"hyper-sd-tcd": {
		source: SD15,
		lora: "ByteDance/Hyper-SD/Hyper-SD15-1step-lora.safetensors",
		options: { scheduler: "tcd", eta: 1, numInferenceSteps: 2, guidanceScale: 0 },
	},
	lightning: {
		source: XL,
		opening: { denoiser: "ByteDance/SDXL-Lightning/sdxl_lightning_4step_unet.safetensors", ...TRAILING },
		options: { numInferenceSteps: 4, guidanceScale: 0 },
	},
	"sd-turbo": { source: "stabilityai/sd-turbo", options: ONE },
	"sdxl-turbo": { source: "stabilityai/sdxl-turbo", options: ONE },
};

const { cases, tensors } = readRuns<{ key: string; prompt: string[]; seed: number; height: number; width: number }>(
	"few-steps",
);

test.each(cases)(
	"$key: the latents within 1e-4, each pixel within 1/255",
	async ({ key, prompt, seed, height, width }) => {
		const { source, opening, lora, options } = USES[key]!;
		await using sd = await StableDiffusion.fromPretrained(source, { ...hub, ...opening });
		if (lora) await sd.loadLora(lora, hub);
		await expectRun(key, tensors, (following) =>
			sd.generate(prompt, { ...options, seed, height, width, ...following }),
		);
	},
);
