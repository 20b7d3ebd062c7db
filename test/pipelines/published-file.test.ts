import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, expect, test } from "vitest";
import { writePublishedFile } from "../../packages/cli/src/testing/published-file.ts";

// A file of the published size needs nothing beside it: configurations and vocabulary are built in. Oracle: transformers' ids of the prompt.

const root = await mkdtemp(join(tmpdir(), "drum-published-file-"));
afterAll(() => rm(root, { recursive: true }));

test("Stable Diffusion 1 opens from one file, every weight in its shape, with CLIP's own tokens", async () => {
	const path = join(root, "v1-5-pruned-emaonly.safetensors");
	const parts = [
		["stable-diffusion-v1-5.unet", "model.diffusion_model."],
		["stable-diffusion-v1-5.vae", "first_stage_model."],
		["stable-diffusion-v1-5.text_encoder", "cond_stage_model.transformer."],
	] as const;
	await writePublishedFile(path, parts, "F16", [["model_ema.decay", [1]]]);
	await using sd = await StableDiffusion.fromSingleFile(path);
	expect(sd.warnings).toEqual([]);
	expect([sd.model.name, sd.denoiser.sampleSize]).toEqual(["Stable Diffusion 1", [64, 64]]);
	expect(sd.schedulerConfig).toMatchObject({ _class_name: "PNDMScheduler", steps_offset: 1 });
	const ids = [...sd.encoders.L!.tokenize(["a photo of a cat"]).data].map(Number);
	expect(ids).toEqual([49406, 320, 1125, 539, 320, 2368, ...Array(71).fill(49407)]);
});
