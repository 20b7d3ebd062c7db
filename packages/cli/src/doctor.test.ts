import { cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32, parseSafetensors, serializeSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, expect, test } from "vitest";
import type { DoctorReport } from "./doctor/doctor.ts";
import { withoutPrivate } from "./doctor/without-private.ts";
import { ADAPTERS, drum, fixtureFolder, SD1 } from "./testing/command.ts";

// Oracle: what the fixtures are made of, and the damage that each test does to them.

const folder = await mkdtemp(join(tmpdir(), "doctor-"));
afterAll(() => rm(folder, { recursive: true }));
const SMALL = ["--steps", "1", "--height", "64", "--width", "64", "--out", join(folder, "out"), "--quiet"];

async function doctor(
	source: string,
	...argv: string[]
): Promise<{ code: number | null; report: DoctorReport; stdout: string }> {
	const { code, stdout, stderr } = await drum(["doctor", source, ...SMALL, ...argv, "--json"]);
	expect(stdout, stderr).not.toBe("");
	return { code, report: JSON.parse(stdout), stdout };
}

async function damaged(name: string, damage: (at: (path: string) => string) => Promise<unknown>): Promise<string> {
	const copy = join(folder, name);
	await cp(SD1, copy, { recursive: true });
	await damage((path) => join(copy, path));
	return copy;
}

async function setTensor(path: string, name: string, change: (tensor: Tensor) => Tensor): Promise<void> {
	const { tensors, metadata } = parseSafetensors(await readFile(path), path);
	tensors.set(name, change(tensors.get(name)!));
	await writeFile(path, serializeSafetensors(tensors, metadata));
}

test.each([
	["sdxl", ["text encoder L", "text encoder bigG", "denoiser", "VAE"]],
	["sd3", ["text encoder L", "text encoder bigG", "text encoder T5", "denoiser", "VAE"]],
	["flux", ["text encoder L", "text encoder T5", "denoiser", "VAE"]],
])("every part of a sound checkpoint passes: %s", async (family, names) => {
	const { code, report } = await doctor(fixtureFolder(family));
	expect(report.failed).toEqual([]);
	expect(code).toBe(0);
	expect(report.parts.map(({ part }) => part)).toEqual(names);
	for (const { layers, run } of report.parts) {
		expect(layers?.found?.unused).toEqual([]);
		expect(Object.keys(run?.found ?? {})).not.toEqual([]);
	}
	expect(report.picture?.found).toMatchObject({ width: 64, height: 64, steps: 1 });
});

test("the report is Markdown, with pictures under a LoRA and with adapters, and names nothing private", async () => {
	const copy = await damaged("sound", () => Promise.resolve());
	const lora = fixtureFolder("loras/sd1-style.safetensors");
	const argv = ["doctor", copy, ...SMALL, "--lora", lora, "--adapters", ADAPTERS, "--token", "secret-token"];
	const { code, stdout } = await drum(argv);
	expect(code).toBe(0);
	expect(stdout).toMatch(/^## drum doctor: `sound`\n\nAll parts passed\.\n/);
	expect(stdout).toContain("runs as Stable Diffusion 1");
	expect(stdout).toMatch(/under a LoRA by .* of \d+ layers/);
	expect(stdout).toContain("### Personalised picture");
	for (const hidden of [folder, process.cwd(), "secret-token"]) expect(stdout).not.toContain(hidden);
	const files = [...stdout.matchAll(/drawn: `([^`]+)`/g)].map(([, file]) => file!);
	expect(files).toHaveLength(2);
	for (const file of files) expect((await stat(join(folder, "out", file))).size).toBeGreaterThan(100);
});

test("each damaged part is told with its own error, and the others are examined all the same", async () => {
	const source = await damaged("damaged", async (at) => {
		await truncate(at("vae/diffusion_pytorch_model.safetensors"), 100_000);
		const unet = at("unet/diffusion_pytorch_model.safetensors");
		await setTensor(unet, "conv_in.bias", ({ data }) =>
			float32(Float32Array.of(...(data as Float32Array), 0), [data.length + 1]),
		);
		await setTensor(at("text_encoder/model.safetensors"), "text_model.final_layer_norm.bias", ({ dims }) =>
			float32(new Float32Array(dims[0]!).fill(Number.NaN), dims),
		);
	});
	const { code, report, stdout } = await doctor(source);
	expect(code).toBe(1);
	const [encoder, denoiser, vae] = report.parts;
	expect(encoder!.weights).toMatchObject({
		found: { notFinite: { "text_model.final_layer_norm.bias": 32 } },
		error: { code: "checkpoint", what: expect.stringContaining("text_model.final_layer_norm.bias") },
	});
	expect(denoiser!.layers!.error).toMatchObject({ code: "checkpoint", what: expect.stringContaining("conv_in.bias") });
	expect(denoiser!.weights).not.toHaveProperty("error");
	expect(vae!.files.error).toMatchObject({ code: "checkpoint" });
	expect(report.picture!.error).toBeDefined();
	expect(stdout).not.toContain(folder);
});

test("a part that is missing, settings that are unknown or left out, and tensors that nothing uses", async () => {
	const source = await damaged("odd", async (at) => {
		await rm(at("text_encoder"), { recursive: true });
		const config = JSON.parse(await readFile(at("unet/config.json"), "utf8"));
		const { norm_eps, ...rest } = config;
		await writeFile(at("unet/config.json"), JSON.stringify({ ...rest, sparkle: 3 }));
		const vae = at("vae/diffusion_pytorch_model.safetensors");
		const { tensors, metadata } = parseSafetensors(await readFile(vae), vae);
		tensors.set("decoder.stray", float32(Float32Array.of(1), [1]));
		await writeFile(vae, serializeSafetensors(tensors, metadata));
	});
	const { code, report } = await doctor(source);
	expect(code).toBe(1);
	const [encoder, denoiser, vae] = report.parts;
	expect(encoder!.files.error?.code).toMatch(/file|checkpoint/);
	expect(denoiser!.config!.found!.missing).toContain("norm_eps");
	expect(denoiser!.config!.found!.unknown).toContain("sparkle");
	expect(denoiser!.run!.found).toHaveProperty("one step");
	expect(vae!.layers!.found!.unused).toEqual(["decoder.stray"]);
});

test("adapters and LoRAs are read through", async () => {
	const adapters = await doctor(ADAPTERS);
	expect(adapters.report).toMatchObject({ failed: [], layout: { found: { kind: "folder" } } });
	expect(adapters.report.parts.length).toBeGreaterThan(0);
	const lora = await doctor(fixtureFolder("loras/sd1-kohya.safetensors"));
	expect(lora.report.layout.found!.is).toContain("LoRA");
	expect(lora.report.parts[0]!.weights!.found!.notFinite).toEqual({});
});

test("what is no checkpoint is told, and an interrupt ends it", async () => {
	const { code, report } = await doctor(join(fixtureFolder("sd1"), "scheduler"));
	expect([code, report.failed]).toEqual([1, ["layout", "checkpoint: files"]]);
	const ended = await drum(["doctor", SD1, ...SMALL], { signal: AbortSignal.abort() });
	expect(ended).toMatchObject({ code: 130, stdout: "" });
});

test("paths and tokens are taken out of a report, and hub ids and links are not", () => {
	const text = "at /home/ann/models/unet/model.safetensors with hf_abcdefghijkl, owner/name, https://a.b/c/d";
	expect(withoutPrivate({ text }, [], [])).toEqual({
		text: "at …/unet/model.safetensors with <token>, owner/name, https://a.b/c/d",
	});
});
