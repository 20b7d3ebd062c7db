import { model } from "@drum/tiny";
import { describe, expect, it } from "vitest";
import type { QualityReport } from "./quality/quality.ts";
import { qualityText } from "./quality/quality-text.ts";
import { drum, fixtureFolder, SD1 } from "./testing/command.ts";

// Oracle: what the numbers say of each other; the layers' own errors are tested in @drum/graph.

const SMALL = ["--steps", "2", "--threads", "1", "--json", "--quiet"];

async function report(...argv: string[]): Promise<QualityReport> {
	const { code, stdout, stderr } = await drum(["quality", ...argv, ...SMALL]);
	expect(code, stderr).toBe(0);
	return JSON.parse(stdout);
}

describe("drum quality", () => {
	it("tells what a step, a picture and each layer lose in int8, the worst first", async () => {
		const { layers, stepError, psnr, ...rest } = await report(model, "--height", "32", "--width", "32");
		expect(rest).toMatchObject({ checkpoint: model, dtype: "int8", steps: 2, height: 32, width: 32 });
		expect(stepError).toBeGreaterThan(1e-3);
		expect(stepError).toBeLessThan(0.05);
		expect(psnr).toBeGreaterThan(25);
		expect(new Set(layers.map(({ part }) => part))).toEqual(new Set(["denoiser", "vae", "CLIP"]));
		expect(layers.map(({ error }) => error)).toEqual(layers.map(({ error }) => error).sort((a, b) => b - a));
		for (const { error, weights, layer } of layers) {
			expect(error, layer).toBeLessThan(0.05);
			expect(weights).toBeGreaterThanOrEqual(32 * 32);
		}
	});

	it.each(["sdxl", "sd3", "flux"])("takes a checkpoint of %s", async (name) => {
		const { stepError, layers } = await report(fixtureFolder(name), "--height", "32", "--width", "32");
		expect(stepError).toBeLessThan(0.1);
		expect(stepError > 0).toBe(layers.some(({ part }) => part === "denoiser"));
	});

	it.each([
		[["quality", SD1, "--dtype", "auto"], "Allowed choices are int8, int4", 2],
		[["quality"], "missing required argument 'checkpoint'", 2],
		[["quality", "no/such-model", "--offline"], "is not in the cache", 1],
	])("%j ends with a reason", async (argv, said, code) => {
		expect(await drum(argv)).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(said) });
	});

	it("ends when it is interrupted", async () => {
		expect(await drum(["quality", SD1, ...SMALL], { signal: AbortSignal.abort() })).toMatchObject({
			code: 130,
			stdout: "",
		});
	});
});

describe("the report", () => {
	const layer = (error: number, name: string) => ({ part: "denoiser", layer: name, weights: 921_600, error });
	const whole: QualityReport = {
		...{
			checkpoint: "a/b",
			dtype: "int8",
			prompt: "x",
			steps: 20,
			height: 512,
			width: 512,
			stepError: 0.0123,
			psnr: 43.21,
		},
		layers: [layer(0.02, "conv_shortcut"), layer(0.01, "conv1"), layer(0.005, "conv2")],
	};

	it("has so many of the layers, and what the others have at most", () => {
		const text = qualityText(whole, 1);
		expect(text).toMatch(/a step differs by 1\.2 % .* the picture by 43\.2 dB/);
		expect(text).toMatch(/2\.0 % +922 K +denoiser +conv_shortcut/);
		expect(text).not.toMatch(/conv1/);
		expect(text).toMatch(/and 2 layers with smaller errors; the median of all layers is 1\.0 %/);
	});

	it("says that nothing is quantised, or that no pixel is another", () => {
		expect(qualityText({ ...whole, psnr: null, layers: [] }, 5)).toMatch(/by nothing\nno layer is stored in int8\n$/);
	});
});
