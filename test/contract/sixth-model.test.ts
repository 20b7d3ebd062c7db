import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DrUM, Profile } from "@drum/peca";
import { DiffusionPipeline, type EncoderPlace, type FoundationModel } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { SD1, STABLE_DIFFUSION, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, describe, expect, it } from "vitest";
import { golden } from "./backends.ts";
import { openExport } from "./exports.ts";

// A foundation model that is not in Table 1, and an encoder that no package has: one entry each.

const SMALL = { height: 64, width: 64, numInferenceSteps: 2, seed: 7 };

const folder = await mkdtemp(join(tmpdir(), "sixth-model-"));
afterAll(() => rm(folder, { recursive: true }));

/** An ONNX export in place of a kind of encoder that the packages have: its weights are where its own code says. */
const onnx: EncoderPlace = {
	folder: "text_encoder_2",
	async open() {
		const create = () => openExport("clip");
		return { width: 32, projectedWidth: 32, config: {}, create };
	},
};

const SIXTH: FoundationModel = {
	...SD1,
	name: "The sixth",
	pipeline: "SixthPipeline",
	mix: {
		promptEmbeds: [[{ encoder: "L", skip: -1, norm: true }], [{ encoder: "mine", skip: -1, norm: false }]],
		pooled: [],
		features: "L",
	},
	encoders: { ...SD1.encoders, mine: onnx },
	defaults: { numInferenceSteps: 3, guidanceScale: 2 },
};

/** SD 1's checkpoint under the sixth model's class, with a second text encoder, in a folder with another model's name. */
async function checkpoint(): Promise<string> {
	const path = join(folder, "FLUX.1-dev");
	await cp(golden("sd1"), path, { recursive: true });
	await cp(join(path, "text_encoder"), join(path, "text_encoder_2"), { recursive: true });
	await writeFile(join(path, "model_index.json"), JSON.stringify({ _class_name: "SixthPipeline" }));
	return path;
}

async function adapters(): Promise<string> {
	const path = join(folder, "adapters");
	await mkdir(path);
	for (const name of ["L", "mine"])
		await cp(golden("adapters/weight/L.safetensors"), join(path, `${name}.safetensors`));
	return path;
}

const models = [...STABLE_DIFFUSION, ...FLUX, SIXTH];

describe("a sixth foundation model", async () => {
	const source = await checkpoint();
	const pipeline = await DiffusionPipeline.fromPretrained(source, { models });
	afterAll(() => pipeline.release());

	it("is told by model_index.json, not by the folder's name", () => {
		expect(pipeline.model).toBe(SIXTH);
	});

	it("has the condition that its entry composes", async () => {
		const { promptEmbeds } = await pipeline.encodePrompt("a lighthouse");
		expect(promptEmbeds.dims).toEqual([1, 154, 32]);
		await using sd = await StableDiffusion.fromPretrained(golden("sd1"));
		const { promptEmbeds: own } = await sd.encodePrompt("a lighthouse");
		expect(promptEmbeds.data.slice(0, own.data.length)).toEqual(own.data);
	});

	it("draws, with the defaults of its entry", async () => {
		const { images } = await pipeline.generate("a lighthouse", { height: 64, width: 64, seed: 7 });
		expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 3, guidanceScale: 2 });
	});

	it("is personalised through an adapter for each of its encoders", async () => {
		await using drum = await DrUM.attach(pipeline, { adapters: await adapters() });
		const profile = await drum.profile([{ prompt: "a red cat" }, { prompt: "a blue dog" }], { ratio: 1 });
		expect(Object.keys(profile.fingerprints)).toEqual(["L", "mine"]);
		const [plain, personal] = [
			await pipeline.generate("a lighthouse", SMALL),
			await drum.generate("a lighthouse", { ...SMALL, profile, alpha: 0.7 }),
		];
		expect(personal.images[0]!.data).not.toEqual(plain.images[0]!.data);

		const file = join(folder, "user.safetensors");
		await profile.save(file, { dtype: "float32" });
		const again = await drum.generate("a lighthouse", { ...SMALL, profile: await Profile.load(file), alpha: 0.7 });
		expect(again.images[0]!.data).toEqual(personal.images[0]!.data);
	});

	it("needs an adapter of that name, and the error names it", async () => {
		await expect(DrUM.attach(pipeline, { adapters: golden("adapters") })).rejects.toMatchObject({
			code: "checkpoint",
			message: expect.stringMatching(/weight\/mine\.safetensors.*needs the adapter of its encoder mine/),
		});
	});

	it("is unknown to a pipeline without its entry", async () => {
		await expect(StableDiffusion.fromPretrained(source)).rejects.toThrow(/_class_name.*found SixthPipeline/);
	});
});

describe("an encoder of one's own in place of the checkpoint's", () => {
	it("draws what the checkpoint's own draws, which is then not looked for", async () => {
		const source = join(folder, "without-text-encoder");
		await cp(golden("sd1"), source, { recursive: true });
		await rm(join(source, "text_encoder", "model.safetensors"));
		await using sd = await StableDiffusion.fromPretrained(golden("sd1"));
		await using own = await StableDiffusion.fromPretrained(source, { encoders: { L: await openExport("clip") } });
		const [expected, found] = [await sd.generate("a lighthouse", SMALL), await own.generate("a lighthouse", SMALL)];
		const { data } = expected.images[0]!;
		const largest = found.images[0]!.data.reduce((most, v, i) => Math.max(most, Math.abs(v - data[i]!)), 0);
		expect(largest).toBeLessThanOrEqual(1);
	});

	it("is refused under a name that the model has no encoder of", async () => {
		const loading = StableDiffusion.fromPretrained(golden("sd1"), { encoders: { H: await openExport("clip") } });
		await expect(loading).rejects.toMatchObject({ code: "argument", message: expect.stringContaining("encoders.H") });
	});
});
