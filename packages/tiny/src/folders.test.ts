import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseSafetensors } from "@drum/tensor";
import { expect, test } from "vitest";
import { adapters, clip, model } from "./index.ts";

const tensors = (...path: string[]) => parseSafetensors(readFileSync(join(...path)), path.join("/")).tensors;

test("the folders are absolute paths", () => {
	for (const folder of [model, clip, adapters]) expect(isAbsolute(folder)).toBe(true);
});

test("the model has every part that its index names, each with a configuration", () => {
	const index = JSON.parse(readFileSync(join(model, "model_index.json"), "utf8")) as Record<string, unknown>;
	const files = {
		scheduler: "scheduler_config.json",
		tokenizer: "vocab.json",
		text_encoder: "config.json",
		unet: "config.json",
		vae: "config.json",
	};
	for (const [part, file] of Object.entries(files)) {
		expect(index).toHaveProperty(part);
		expect(existsSync(join(model, part, file))).toBe(true);
	}
});

test("CLIP's text encoder is the image model's, weight by weight", () => {
	const whole = tensors(clip, "model.safetensors");
	const encoder = tensors(model, "text_encoder", "model.safetensors");
	expect(encoder.size).toBeGreaterThan(60);
	for (const [name, tensor] of encoder) expect(whole.get(name), name).toEqual(tensor);
});
