import { expect, test } from "vitest";
import { StableDiffusion } from "./index.ts";

// A repository that is not here and cannot be fetched: whoever looked for it would say so.
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
])("%s: %j is refused before a checkpoint is looked for", async (option, value, found) => {
	const [name, part] = option.split(".");
	const options = { offline: true, [name!]: part ? { [part]: value } : value };
	const failure = { code: "argument", what: option, found };
	await expect(StableDiffusion.fromPretrained(NOWHERE, options)).rejects.toMatchObject(failure);
	await expect(StableDiffusion.fromSingleFile(`${NOWHERE}/x.safetensors`, options)).rejects.toMatchObject(failure);
});
