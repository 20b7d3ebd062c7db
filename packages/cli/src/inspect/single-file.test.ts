import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32 } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, expect, test } from "vitest";
import { drum } from "../testing/command.ts";
import { type PublishedPart, SDXL_FILE, writePublishedFile } from "../testing/published-file.ts";

// Oracle: names and shapes of the published models, by diffusers and transformers, without their bytes.

const folder = await mkdtemp(join(tmpdir(), "inspect-file-"));
afterAll(() => rm(folder, { recursive: true }));

async function inspect(path: string) {
	const { code, stdout, stderr } = await drum(["inspect", path, "--json"]);
	expect(code, stderr).toBe(0);
	const { stdout: text } = await drum(["inspect", path]);
	return { report: JSON.parse(stdout), text };
}

test("a checkpoint in one file: its model, its parts, what it predicts, and the memory of a run", async () => {
	const path = join(folder, "sd_xl_base_1.0.safetensors");
	await writePublishedFile(path, Object.values(SDXL_FILE), "F16", [["v_pred", [0]]]);
	const { report, text } = await inspect(path);
	expect(report).toMatchObject({
		kind: "pipeline",
		is: "a checkpoint of Stable Diffusion XL in one file",
		runs: true,
		model: { name: "Stable Diffusion XL", encoders: { L: "text_encoder", bigG: "text_encoder_2" } },
		bytes: (await stat(path)).size,
		memory: { height: 1024, width: 1024 },
	});
	const parts = Object.fromEntries(report.components.map((part: { name: string }) => [part.name, part]));
	// As diffusers counts SDXL's parameters.
	expect(parts.unet.weights).toMatchObject({ parameters: 2_567_463_684, types: { float16: 2_567_463_684 } });
	expect(parts.text_encoder_2.weights.parameters).toBe(694_659_840);
	expect(parts.vae.weights.parameters).toBe(83_653_863);
	expect(parts.scheduler.settings.prediction).toBe("v_prediction");
	expect(text).toMatch(/^.*sd_xl_base_1\.0\.safetensors: a checkpoint of Stable Diffusion XL in one file, which drum/);
	expect(text).toContain("memory of one picture of 1024 × 1024");
});

test("a transformer alone: what it lacks, by the options that give it", async () => {
	const path = join(folder, "flux1-dev.safetensors");
	const parts: PublishedPart[] = [["FLUX.1-dev.transformer", ""]];
	const { report, text } = await inspect(await writePublishedFile(path, parts, "BF16"));
	expect(report).toMatchObject({ is: "the transformer of FLUX.1 dev alone", runs: true, model: { name: "FLUX.1" } });
	expect(report).not.toHaveProperty("memory");
	for (const option of ["--vae", "--encoder L=…", "--encoder T5=…"])
		expect(text).toContain(`not in the file: give ${option}`);
});

test("a model that was made smaller has a published one's names, and is not said to run", async () => {
	const path = join(folder, "small.safetensors");
	await writeSingleFile(path, "sd1");
	const { report, text } = await inspect(path);
	expect(report).toMatchObject({ runs: false, refusal: expect.stringContaining("by config") });
	expect(text).toMatch(/which drum generate does not run\n {2}weight .*small\.safetensors: expected \[/);
});

test("parts, other models and extras are called what they are", async () => {
	const vae = join(folder, "vae-ft-mse-840000-ema-pruned.safetensors");
	await writePublishedFile(vae, [["stable-diffusion-v1-5.vae", ""]], "F32");
	expect((await inspect(vae)).text).toMatch(/a VAE of 4 channels +83\.7 M parameters, float32/);
	for (const [tensor, is] of [
		["lora_unet_x.lora_down.weight", "a LoRA"],
		["distilled_guidance_layer.in_proj.bias", "Chroma"],
		["x", "weights"],
	] as const) {
		const path = join(folder, `${is}.safetensors`);
		await writeSafetensors(path, { [tensor]: float32(Float32Array.of(1), [1]) });
		const { report, text } = await inspect(path);
		expect(report.is).toBe(is === "weights" ? undefined : is);
		expect(text).toContain(is);
	}
});
