import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { denoiserNames, placeInFile } from "@drum/formats";
import { type DiffusionPipeline, DrUM, type PipelineOptions } from "@drum/pipeline";
import { StableDiffusion } from "@drum/pipelines-sd";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { singleFileTensors, writeSingleFile } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { expectRun, type RunCase, runOptions } from "./run-cases.ts";

// Oracle: the pictures that diffusers draws with the folders, and its from_single_file, which draws the same with files whose weights
// have the names of single-file.json, by tooling/golden/single_file.py.

const root = await mkdtemp(join(tmpdir(), "drum-single-"));
afterAll(() => rm(root, { recursive: true }));
const at = (name: string) => join(root, `${name}.safetensors`);

interface Case extends RunCase {
	scheduler_config?: Record<string, unknown>;
}
const runs = ["pipeline", "pipeline-sd2", "pipeline-sdxl"].map((name) => readRuns<Case>(name));
const caseOf = (key: string) => {
	const { cases, tensors } = runs.find(({ cases }) => cases.some((each) => each.key === key))!;
	return { settings: cases.find((each) => each.key === key)!, tensors };
};

/** Draws a case and compares it with diffusers' picture. */
async function expectCase(key: string, source: string, opening: PipelineOptions = {}): Promise<DiffusionPipeline> {
	const { settings, tensors } = caseOf(key);
	const pipeline = await StableDiffusion.fromSingleFile(source, {
		config: fixture(settings.checkpoint),
		schedulerConfig: settings.scheduler_config,
		...opening,
	});
	const options = runOptions(settings);
	await expectRun(key, tensors, (following) => pipeline.generate(settings.prompt, { ...options, ...following }));
	await pipeline.release();
	return pipeline;
}

// What the published files have besides: an unused last block and the projection of Stable Diffusion 2's encoder, notes of training.
const MORE: Record<string, Record<string, Tensor>> = {
	sd1: { "model_ema.decay": float32(Float32Array.of(1), []), alphas_cumprod: float32(new Float32Array(4), [4]) },
	sd2: {
		"cond_stage_model.model.transformer.resblocks.3.ln_1.bias": float32(new Float32Array(48), [48]),
		"cond_stage_model.model.text_projection": float32(new Float32Array(48 * 48), [48, 48]),
		"cond_stage_model.model.logit_scale": float32(Float32Array.of(1), []),
	},
	sdxl: { "conditioner.embedders.1.model.logit_scale": float32(Float32Array.of(1), []) },
};

describe.each(["sd1", "sd2", "sdxl"])("%s in one file", (kind) => {
	test("draws diffusers' pictures, and has the folder's encoders", async () => {
		await writeSingleFile(at(kind), kind, { more: MORE[kind]! });
		const pipeline = await expectCase(kind, at(kind));
		expect(pipeline.warnings).toEqual([]);
		const folder = await StableDiffusion.fromPretrained(fixture(kind));
		const prints = ({ encoders }: DiffusionPipeline) =>
			Object.entries(encoders).map(([name, { fingerprint }]) => [name, fingerprint]);
		expect(prints(pipeline)).toEqual(prints(folder));
	});
});

test("a file of ComfyUI's split layout draws with the VAE and the encoders given apart", async () => {
	const tensors = await singleFileTensors("sdxl");
	const part = async (name: string, prefix: string) => {
		const own = Object.entries(tensors).filter(([tensor]) => tensor.startsWith(prefix));
		await writeSafetensors(
			at(name),
			Object.fromEntries(own.map(([tensor, value]) => [tensor.slice(prefix.length), value])),
		);
		return at(name);
	};
	const unet = await part("unet", "model.diffusion_model.");
	const vae = await part("vae", "first_stage_model.");
	const L = await part("clip_l", "conditioner.embedders.0.transformer.");
	const bigG = fixture("sdxl/text_encoder_2");
	await expectCase("sdxl", unet, { vae, encoders: { L, bigG } });
});

test("a profile from the folder serves the file", async () => {
	await writeSingleFile(at("personal"), "sd1");
	const [folder, file] = [
		await StableDiffusion.fromPretrained(fixture("sd1")),
		await StableDiffusion.fromPretrained(at("personal"), { config: fixture("sd1") }),
	];
	const options = { height: 32, width: 32, numInferenceSteps: 2, seed: 1, alpha: 0.5 };
	const [first, second] = await Promise.all(
		[folder, file].map((sd) => DrUM.attach(sd, { adapters: fixture("adapters") })),
	);
	const profile = await first!.profile(["a red boat", "a lighthouse", "waves"].map((prompt) => ({ prompt })));
	const drawn = await first!.generate("a town", { ...options, profile });
	const again = await second!.generate("a town", { ...options, profile });
	expect(again.images[0]!.data).toEqual(drawn.images[0]!.data);
	await Promise.all([folder.release(), file.release()]);
});

test("an inpainting model in one file fills as its folder does", async () => {
	await cp(fixture("sd1"), join(root, "fill"), { recursive: true, filter: (path) => !path.endsWith("/unet") });
	await cp(fixture("sd1-inpaint"), join(root, "fill"), { recursive: true });
	const unet = await Checkpoint.open(fixture("sd1-inpaint/unet/diffusion_pytorch_model.safetensors"));
	const table = denoiserNames(JSON.parse(await readFile(fixture("sd1-inpaint/unet/config.json"), "utf8")))!;
	const named = async (name: string) =>
		[`model.diffusion_model.${placeInFile(table, name)!.name}`, await unet.read(name)] as const;
	const more = Object.fromEntries(await Promise.all(Array.from(unet.names(), named)));
	await writeSingleFile(at("fill"), "sd1", { without: ["unet"], more });
	const [image, mask] = [0, 255].map((value) => ({ width: 32, height: 32, data: new Uint8Array(3072).fill(value) }));
	const options = { image: image!, mask: mask!, numInferenceSteps: 2, seed: 1 };
	const pictures = await Promise.all(
		[join(root, "fill"), at("fill")].map(async (source) => {
			await using sd = await StableDiffusion.fromPretrained(source, { config: join(root, "fill") });
			return (await sd.generate("a boat", options)).images[0]!.data;
		}),
	);
	expect(pictures[1]).toEqual(pictures[0]);
});

test("a key says that the model predicts v", async () => {
	const empty = float32(new Float32Array(), [0]);
	await writeSingleFile(at("v"), "sdxl", { more: { v_pred: empty, ztsnr: empty } });
	const sd = await StableDiffusion.fromSingleFile(at("v"), { config: fixture("sdxl") });
	expect(sd.schedulerConfig).toMatchObject({ prediction_type: "v_prediction", rescale_betas_zero_snr: true });
	expect(sd.warnings).toEqual([]);
});
