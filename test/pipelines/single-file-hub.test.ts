import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCheckpointSettings } from "@drum/pipeline";
import { STABLE_DIFFUSION, StableDiffusion } from "@drum/pipelines-sd";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, expect, test } from "vitest";
import { startHubServer } from "../../packages/hub/src/testing/hub-server.ts";
import { golden } from "../contract/backends.ts";

// Of a file on the hub the header tells what it is: the rest comes when the weights are needed, and nothing else of the repository.

const root = await mkdtemp(join(tmpdir(), "drum-hub-file-"));
const bytes = await readFile(await writeSingleFile(join(root, "a.safetensors"), "sd1", { without: ["vae"] }));
const vae = await readFile(
	await writeSingleFile(join(root, "b.safetensors"), "sd1", { without: ["unet", "text_encoder"] }),
);
const hub = await startHubServer({ files: { "dreams.safetensors": bytes, "vae.safetensors": vae, "x.json": "{}" } });
afterAll(async () => {
	await hub.close();
	await rm(root, { recursive: true });
});

const options = { endpoint: hub.url, cacheDir: join(root, "cache"), token: "", config: golden("sd1") };
const source = "owner/model/dreams.safetensors";
const place = "owner/model/vae.safetensors";
/** Of a header, with what a request brings at least. */
const FEW = 2 ** 17;

test("settings and mistakes cost a header, a pipeline the files that it needs", async () => {
	await expect(StableDiffusion.fromSingleFile(source, options)).rejects.toThrow("Stable Diffusion 1 with its VAE");
	await expect(StableDiffusion.fromSingleFile(source, { ...options, vae: source })).rejects.toMatchObject({
		what: `vae ${source}`,
	});
	const settings = await readCheckpointSettings(source, { ...options, vae: place, models: STABLE_DIFFUSION });
	expect(settings).toMatchObject({ name: source, height: 128, width: 128 });
	expect(hub.sent(/safetensors/)).toBeLessThan(5 * FEW);
	await using sd = await StableDiffusion.fromSingleFile(source, { ...options, vae: place });
	expect(hub.sent(/dreams/)).toBeGreaterThanOrEqual(bytes.length);
	expect(hub.sent(/x\.json/)).toBe(0);
	const { images } = await sd.generate("a boat", { seed: 1, numInferenceSteps: 1, height: 32, width: 32 });
	await using folder = await StableDiffusion.fromPretrained(golden("sd1"));
	const { images: expected } = await folder.generate("a boat", {
		seed: 1,
		numInferenceSteps: 1,
		height: 32,
		width: 32,
	});
	expect(images[0]!.data).toEqual(expected[0]!.data);
	expect(images[0]!.parameters).toMatchObject({ model: source, vae: place });
});
