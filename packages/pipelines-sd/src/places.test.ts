import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSingleFile } from "@drum/test-weights";
import { afterAll, expect, test } from "vitest";
import { StableDiffusion } from "./index.ts";

const root = await mkdtemp(join(tmpdir(), "places-"));
afterAll(() => rm(root, { recursive: true }));

// A repository that does not exist: looking for it would throw another error.
const NOWHERE = "nobody/nothing";

test.each<[option: string, value: unknown, found: string]>([
	...["config", "denoiser", "vae", "previewVae"].flatMap((option): [string, unknown, string][] => [
		[option, "", '""'],
		[option, 5, "5"],
		[option, null, "null"],
	]),
	["encoders", null, "null"],
	["encoders", 5, "5"],
	["encoders", ["x"], '["x"]'],
	["encoders.L", null, "null"],
	["encoders.L", "", '""'],
	["schedulerConfig", null, "null"],
	["schedulerConfig", "euler", '"euler"'],
])("%s: %j is refused before it looks for the checkpoint", async (option, value, found) => {
	const [name, part] = option.split(".");
	const options = { offline: true, [name!]: part ? { [part]: value } : value };
	const failure = { code: "argument", what: option, found };
	await expect(StableDiffusion.fromPretrained(NOWHERE, options)).rejects.toMatchObject(failure);
	await expect(StableDiffusion.fromSingleFile(`${NOWHERE}/x.safetensors`, options)).rejects.toMatchObject(failure);
});

test("a file with a published model's names but other layers is refused, and the error says what to give", async () => {
	const file = join(root, "small.safetensors");
	await writeSingleFile(file, "sdxl");
	const failure = {
		code: "checkpoint",
		what: expect.stringContaining(file),
		next: expect.stringContaining("by config"),
	};
	for (const options of [{}, { dtype: "int8" as const }])
		await expect(StableDiffusion.fromSingleFile(file, options)).rejects.toMatchObject(failure);
});
