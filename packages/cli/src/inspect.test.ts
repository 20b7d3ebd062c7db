import { cp, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "@drum/diffusion";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADAPTERS, drum, fixtureFolder, SD1, SD2 } from "./testing/command.ts";

// Oracles: the fixtures' configurations and files; counts by opening the checkpoint in the way that models do.

let folder: string;
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "inspect-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function report(...argv: string[]) {
	const { code, stdout, stderr } = await drum(["inspect", ...argv, "--json"]);
	expect(code, stderr).toBe(0);
	return JSON.parse(stdout);
}

async function parameters(path: string, counts: (name: string) => boolean = () => true): Promise<number> {
	const weights = await Checkpoint.open(path);
	const names = [...weights.names()].filter((name) => counts(name) && !name.endsWith("position_ids"));
	return names.reduce((sum, name) => sum + weights.get(name)!.dims.reduce((product, extent) => product * extent, 1), 0);
}

describe("drum inspect of a pipeline", () => {
	it("tells its parts", async () => {
		const found = await report(SD1);
		expect(found).toMatchObject({ kind: "pipeline", pipeline: "StableDiffusionPipeline", runs: true });
		const parts = Object.fromEntries(found.components.map((part: { name: string }) => [part.name, part]));
		expect(parts.text_encoder).toMatchObject({
			class: "CLIPTextModel",
			settings: { layers: 3, width: 32, tokens: 77 },
		});
		expect(parts.unet).toMatchObject({
			class: "UNet2DConditionModel",
			settings: { channels: [16, 32], conditionWidth: 32 },
		});
		expect(parts.vae).toMatchObject({ class: "AutoencoderKL", settings: { latentChannels: 4 } });
		expect(parts.scheduler).toMatchObject({ class: "PNDMScheduler", settings: { timesteps: 1000 } });
		const unet = join(SD1, "unet/diffusion_pytorch_model.safetensors");
		expect(parts.unet.weights).toMatchObject({
			parameters: await parameters(unet),
			types: { float32: await parameters(unet) },
			bytes: (await stat(unet)).size,
		});
	});

	it("looks at the variant asked for, and names those there are", async () => {
		const half = await report(SD1, "--variant", "fp16");
		expect(half.parameters).toBe((await report(SD1)).parameters);
		expect(half.components.find(({ name }: { name: string }) => name === "unet").weights.types).toHaveProperty(
			"float16",
		);
		expect((await drum(["inspect", SD2, "--variant", "fp16"])).stdout).toContain(
			"no safetensors of variant fp16, but plain ones",
		);
	});

	it.each([
		["sd1", "Stable Diffusion 1", ["L"]],
		["sd2", "Stable Diffusion 2", ["H"]],
		["sdxl", "Stable Diffusion XL", ["L", "bigG"]],
		["sd3", "Stable Diffusion 3", ["L", "bigG", "T5"]],
		["sd35", "Stable Diffusion 3", ["L", "bigG", "T5"]],
		["flux", "FLUX.1", ["L", "T5"]],
		["flux-schnell", "FLUX.1", ["L", "T5"]],
	])("of %s names the model, its encoders and their adapters", async (fixture, name, encoders) => {
		const { runs, model, components, downloadBytes, bytes } = await report(fixtureFolder(fixture));
		expect(runs).toBe(true);
		expect(model).toMatchObject({ name, absent: [], adapters: encoders.map((each) => `weight/${each}.safetensors`) });
		expect(Object.keys(model.encoders)).toEqual(encoders);
		const named = components.flatMap(({ settings }: { settings: { encoder?: string } }) => settings.encoder ?? []);
		expect(named).toEqual(encoders);
		expect(downloadBytes).toBe(bytes);
	});

	it("tells of parts that the checkpoint goes without", async () => {
		const folder = fixtureFolder("sd3-without-t5");
		const { model, components } = await report(folder);
		expect(model).toMatchObject({ absent: ["T5"], adapters: ["weight/L.safetensors", "weight/bigG.safetensors"] });
		expect(components).toContainEqual({ name: "text_encoder_3", class: null, settings: {} });
		const { stdout } = await drum(["inspect", folder]);
		expect(stdout).toContain("text encoders L and bigG, without T5;");
		expect(stdout).toMatch(/^text_encoder_3 +absent$/m);
	});

	it("that is not run says so", async () => {
		const other = join(folder, "other");
		await cp(SD2, other, { recursive: true });
		const index = '{"_class_name":"StableDiffusionXLImg2ImgPipeline","vae":["diffusers","AutoencoderKL"]}';
		await writeFile(join(other, "model_index.json"), index);
		const { stdout } = await drum(["inspect", other]);
		expect(stdout).toContain("StableDiffusionXLImg2ImgPipeline, which drum generate does not run");
		expect(stdout).not.toContain("memory");
		expect(await report(other)).not.toHaveProperty("memory");
	});

	it("forecasts nothing without the weights of a part", async () => {
		const other = join(folder, "without-unet");
		await cp(SD1, other, { recursive: true });
		for (const variant of ["", ".fp16"]) await rm(join(other, `unet/diffusion_pytorch_model${variant}.safetensors`));
		const found = await report(other);
		expect(found).toMatchObject({ runs: true, model: { name: "Stable Diffusion 1" } });
		expect(found).not.toHaveProperty("memory");
	});
});

describe("drum inspect of a stranger's checkpoint", () => {
	const name = "x\u001b]0;title\u0007";
	const type = "Evil\u001b[2J\u009b\u202eModel\nfake 1 GB";

	it("shows no character that steers the terminal, in a table or in JSON", async () => {
		const path = join(folder, "stranger");
		const index = { _class_name: `Pipeline${type}`, [name]: ["diffusers", type] };
		await mkdir(path);
		await writeFile(join(path, "model_index.json"), JSON.stringify(index));
		const { stdout } = await drum(["inspect", path]);
		expect(stdout).toContain("Evil\\u001b[2J\\u009b\\u202eModel\\nfake 1 GB");
		expect(stdout).toContain("x\\u001b]0;title\\u0007");
		const json = (await drum(["inspect", path, "--json"])).stdout;
		expect(JSON.parse(json).pipeline).toBe(`Pipeline${type}`);
		expect(`${stdout}${json}`.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
	});
});

describe("drum inspect", () => {
	it("refuses a list of two hundred thousand components", async () => {
		const path = join(folder, "many");
		await mkdir(path);
		const components = Array.from({ length: 200_000 }, (_, i) => [`c${i}`, ["diffusers", "UNet2DConditionModel"]]);
		const index = { _class_name: "StableDiffusionPipeline", ...Object.fromEntries(components) };
		await writeFile(join(path, "model_index.json"), JSON.stringify(index));
		const { code, stderr } = await drum(["inspect", path]);
		expect(code).toBe(1);
		expect(stderr).toContain("no more than 200 entries");
	});

	it("takes a link to a file, and refuses what is no file", async () => {
		const link = join(folder, "link.safetensors");
		await symlink(join(ADAPTERS, "weight/L.safetensors"), link);
		expect(await report(link)).toMatchObject({ kind: "adapter", name: link, width: 32 });
		const { code, stderr } = await drum(["inspect", "/dev/zero"]);
		expect([code, stderr]).toEqual([1, "error: /dev/zero: expected a file that can be read, found a device\n"]);
	});

	it("of adapters tells each one's size", async () => {
		const path = join(ADAPTERS, "weight/L.safetensors");
		expect(await report(path)).toMatchObject({
			kind: "adapter",
			width: 32,
			layers: 10,
			rows: 78,
			weights: { parameters: await parameters(path) },
		});
		const { files } = await report(ADAPTERS);
		const widths = new Map(files.map(({ name, width }: { name: string; width: number }) => [name, width]));
		expect([widths.get("weight/L.safetensors"), widths.get("weight/H.safetensors")]).toEqual([32, 48]);
	});

	it("of a profile tells what it kept", async () => {
		const path = join(folder, "user.safetensors");
		const stdin = "prompt,rating\na red cat,5\na blue dog,2\n";
		await drum(["profile", "--model", SD1, "--history", "-", "--format", "csv", "--size", "1", "--out", path], {
			stdin,
		});
		expect(await report(path)).toMatchObject({
			kind: "profile",
			history: 2,
			sampling: { size: 1, seed: 42 },
			encoders: { L: expect.stringMatching(/^[0-9a-f]{8}$/) },
			kept: [{ index: 0, intensity: 5, prompt: "a red cat" }],
		});
		expect((await drum(["inspect", path])).stdout).toContain("kept 1 of 2 prompts (size 1, seed 42)");
	});

	it("of a picture tells how it was drawn, in a table and in JSON", async () => {
		const [path, plain] = [join(folder, "star.png"), join(folder, "plain.png")];
		const image = { width: 3, height: 2, data: new Uint8Array(18) };
		const drawn = {
			prompt: "a star\u001b[2J",
			seed: 4294967295,
			alpha: 0.3,
			references: [{ prompt: "blue", intensity: 5 }],
		};
		await writeFile(path, await encodePng(image, drawn, { parameters: "full" }));
		await writeFile(plain, await encodePng(image));
		expect(await report(path)).toEqual({ kind: "picture", name: path, width: 3, height: 2, parameters: drawn });
		const { stdout } = await drum(["inspect", path]);
		expect(stdout).toBe(
			`${path}: a picture of 3 × 2\nprompt  a star\\u001b[2J\nseed    4294967295\nalpha   0.3\n` +
				"steered by 1 earlier prompt\n5  blue\n",
		);
		expect((await drum(["inspect", plain])).stderr).toContain("expected a picture whose file says how it was drawn");
		await writeFile(plain, "no picture");
		expect(await drum(["inspect", plain])).toMatchObject({
			code: 1,
			stderr: `error: ${plain}: expected a PNG, JPEG, WebP, AVIF, GIF or TIFF file, found a file of another kind\n`,
		});
	});

	it("of one component's file or folder tells the weights", async () => {
		const path = join(SD1, "vae/diffusion_pytorch_model.fp16.safetensors");
		expect(await report(path)).toMatchObject({
			kind: "weights",
			weights: { types: { float16: await parameters(path) } },
		});
		expect((await report(join(SD1, "vae"))).files).toHaveLength(2);
	});

	it.each([
		["an empty file", new Uint8Array(0)],
		["a few bytes", new Uint8Array(5)],
		["a header that is longer than the file", Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 123)],
		["a header that is no JSON", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 123, 123)],
	])("refuses %s", async (_, bytes) => {
		const path = join(folder, "bad.safetensors");
		await writeFile(path, bytes);
		expect(await drum(["inspect", path])).toMatchObject({
			code: 1,
			stdout: "",
			stderr: expect.stringContaining("bad.safetensors"),
		});
	});
});
