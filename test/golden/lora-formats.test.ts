import { DiffusionPipeline } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor, TextEncoder } from "@drum/tensor";
import { expect, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { expectRun, MODELS, type RunCase, runOptions } from "./run-cases.ts";

// Oracle: diffusers' pipelines with kohya's and XLabs' files, and with the layers of LyCORIS itself, by tooling/golden/lora_pictures.py.

interface Case extends RunCase {
	max_sequence_length?: number;
	/** Scales by files. */
	loras: Record<string, number>;
}

const { cases, tensors } = readRuns<Case>("lora-formats");
const FORMATS: Record<string, string> = {
	"sd1-lycoris": "LyCORIS, kohya",
	"sd1-lycoris-dora": "LyCORIS, kohya",
	"flux-xlabs": "XLabs",
};

test.each(cases)("$key: each pixel within 1/255", async (settings) => {
	await using pipeline = await DiffusionPipeline.fromPretrained(fixture(settings.checkpoint), {
		models: MODELS,
		maxSequenceLength: settings.max_sequence_length,
	});
	for (const [name, scale] of Object.entries(settings.loras)) {
		const { format, warnings } = await pipeline.loadLora(fixture(`loras/${name}.safetensors`), { scale });
		expect({ format, warnings }).toEqual({ format: FORMATS[name] ?? "kohya", warnings: [] });
	}
	const options = runOptions(settings);
	const { key, prompt } = settings;
	await expectRun(key, tensors, (following) => pipeline.generate(prompt, { ...options, ...following }));
});

test("text encoders keep their numbers beside one of the caller's own, which takes no LoRA", async () => {
	await using sd1 = await DiffusionPipeline.fromPretrained(fixture("sd1"), { models: STABLE_DIFFUSION });
	const clip = sd1.encoders.L!;
	const own: TextEncoder = {
		...{ name: "mine", width: clip.width, heads: clip.heads, tokens: clip.tokens, hasClassRow: true },
		fingerprint: "mine",
		tokenize: (prompts) => clip.tokenize(prompts),
		encode: (prompts: readonly string[] | Tensor<"int64">, options) => clip.encode(prompts, options),
		normalize: (rows) => clip.normalize(rows),
		project: (rows) => clip.project(rows),
		release: async () => {},
	};
	await using pipeline = await DiffusionPipeline.fromPretrained(fixture("sdxl"), {
		models: STABLE_DIFFUSION,
		encoders: { L: own },
	});
	const { warnings } = await pipeline.loadLora(fixture("loras/sdxl-kohya.safetensors"));
	expect(warnings).toMatchObject([{ code: "lora-unused", message: expect.stringContaining("lora_te1_") }]);
	expect(warnings[0]!.message).not.toContain("lora_te2_");
});
