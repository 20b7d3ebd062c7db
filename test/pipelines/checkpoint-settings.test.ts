import { DiffusionPipeline, readCheckpointSettings } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { describe, expect, it } from "vitest";
import { golden } from "../contract/backends.ts";

const models = [...STABLE_DIFFUSION, ...FLUX];

describe("a checkpoint's settings, read without its weights, are those that its pipeline has", () => {
	it.each(["sd1", "sd2", "sdxl", "sd3", "flux"])("%s", async (name) => {
		const settings = await readCheckpointSettings(golden(name), { models });
		await using pipeline = await DiffusionPipeline.fromPretrained(golden(name), { models });
		const { denoiser, vae } = pipeline;
		expect(settings.model).toBe(pipeline.model);
		expect(settings.name).toBe(pipeline.name);
		expect([settings.height, settings.width]).toEqual(denoiser.sampleSize.map((extent) => extent * vae.scale));
		expect(settings.schedulers).toEqual(pipeline.schedulers);
		const { sizeMultiple } = settings;
		const checked = (height: number) => pipeline.checkOptions({ height, width: settings.width });
		await checked(settings.height + sizeMultiple);
		const between = checked(settings.height + sizeMultiple / 2);
		// Rounded down, as diffusers does it, or refused.
		if (settings.model.roundsSizes) await between;
		else await expect(between).rejects.toThrow(/multiple of/);
	});
});
