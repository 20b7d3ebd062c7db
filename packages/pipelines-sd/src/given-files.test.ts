import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRepository } from "@drum/hub";
import { expect, test } from "vitest";
import { StableDiffusion } from "./index.ts";

// Parts of a checkpoint as files, as in a browser. Node.js opens them, and draws from files that have a path. test/browser draws from all.

const SD1 = fileURLToPath(new URL("../../../test/golden/fixtures/sd1/", import.meta.url));
const WEIGHTS = "diffusion_pytorch_model.safetensors";
const bytesOf = (path: string) => readFile(join(SD1, path));
test("a denoiser as a File, a VAE as files by their paths, an encoder as a repository", async () => {
	const denoiser = new File([await bytesOf(`unet/${WEIGHTS}`)], "mine.safetensors");
	const vae = {
		"config.json": await bytesOf("vae/config.json"),
		[WEIGHTS]: new Blob([await bytesOf(`vae/${WEIGHTS}`)]),
	};
	const L = await openRepository(join(SD1, "text_encoder"));
	await using sd = await StableDiffusion.fromPretrained(SD1, { denoiser, vae, previewVae: vae, encoders: { L } });
	expect(sd).toMatchObject({ denoiserSource: "mine.safetensors", vaeSource: "the given files" });
	expect(sd.encoderSources).toEqual({ L: L.name });
});

test("a folder's files as a browser gives them, for a checkpoint and for a part", async () => {
	const paths = await (await openRepository(SD1)).list();
	const files = await Promise.all(
		paths.map(async (path) =>
			Object.assign(new File([await bytesOf(path)], path.split("/").at(-1)!), { webkitRelativePath: `chosen/${path}` }),
		),
	);
	await using own = await StableDiffusion.fromPretrained(SD1);
	await using sd = await StableDiffusion.fromPretrained(files, { vae: files, denoiser: files, encoders: { L: files } });
	expect(sd.encoders.L!.fingerprint).toBe(own.encoders.L!.fingerprint);
});

test.each([
	["vae", { vae: new File(["no weights"], "vae.safetensors") }],
	["denoiser", { denoiser: { "config.json": new Blob(["{}"]) } }],
	["encoders.L", { encoders: { L: new File(["no weights"], "clip.safetensors") } }],
])("files that are not a %s are refused, and the error names the option", async (_, options) => {
	await expect(StableDiffusion.fromPretrained(SD1, options)).rejects.toThrow(
		/vae\.safetensors|the given files|clip\.safetensors/,
	);
});
