import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiffusionPipeline, type PipelineOptions } from "@drum/pipeline";
import { writeSafetensors } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { expectRun, MODELS, type RunCase, runOptions } from "./run-cases.ts";
import { transformerFileTensors } from "./transformer-file.ts";

// Oracle: diffusers' from_single_file, by tooling/golden/single_file_transformers.py; of whole FLUX its pipeline over the folder.

const root = await mkdtemp(join(tmpdir(), "drum-single-"));
afterAll(() => rm(root, { recursive: true }));

interface Case extends RunCase {
	max_sequence_length: number;
}

const digests: Record<string, string> = JSON.parse(readFileSync(fixture("single-file-digests.json"), "utf8"));

/** Draws a case with a file and compares it with diffusers' picture. */
async function expectCase(run: string, key: string, file: string, opening: PipelineOptions = {}): Promise<void> {
	const { cases, tensors } = readRuns<Case>(run);
	const settings = cases.find((each) => each.key === key)!;
	await using pipeline = await DiffusionPipeline.fromSingleFile(file, {
		models: MODELS,
		config: fixture(settings.checkpoint),
		maxSequenceLength: settings.max_sequence_length,
		...opening,
	});
	expect(pipeline.warnings).toEqual([]);
	const options = runOptions(settings);
	await expectRun(key, tensors, (following) => pipeline.generate(settings.prompt, { ...options, ...following }));
}

describe.each([
	["sd3", "single-file-sd3", "sd3"],
	["sd35", "single-file-sd3", "sd35"],
	["flux", "pipeline-flux", "flux.64"],
	["flux-schnell", "pipeline-flux", "flux-schnell.1-step"],
])("%s in one file", (kind, run, key) => {
	const tensors = transformerFileTensors(kind);

	test("is the file that diffusers opened, byte for byte", async () => {
		const sha = createHash("sha256");
		for (const [name, { dims, data }] of Object.entries(await tensors).sort(([a], [b]) => (a < b ? -1 : 1))) {
			sha.update(`${name} [${dims.join(", ")}]\n`);
			sha.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
		}
		expect(sha.digest("hex")).toBe(digests[kind]);
	});

	test("draws diffusers' picture", async () => {
		const file = join(root, `${kind}.safetensors`);
		await writeSafetensors(file, await tensors);
		await expectCase(run, key, file);
	});
});

const PARTS = {
	vae: fixture("flux-schnell"),
	encoders: { L: fixture("flux-schnell/text_encoder"), T5: fixture("flux-schnell/text_encoder_2") },
};

test("a transformer alone draws with the other parts of a folder", async () => {
	const file = join(root, "transformer.safetensors");
	const own = Object.entries(await transformerFileTensors("flux-schnell")).flatMap(([name, tensor]) =>
		name.startsWith("model.diffusion_model.") ? [[name.slice("model.diffusion_model.".length), tensor] as const] : [],
	);
	await writeSafetensors(file, Object.fromEntries(own));
	await expectCase("pipeline-flux", "flux-schnell.1-step", file, PARTS);
});

test("one in 8 bits draws with its weights times the factors beside them", async () => {
	await expectCase("single-file-flux", "flux-schnell", fixture("single-file-8-bits.safetensors"), PARTS);
});
