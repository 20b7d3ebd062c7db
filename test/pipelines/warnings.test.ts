import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, DrUM, type GenerateOptions, Profile } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { float32, type TextEncoder, type Warning } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";

// What a result and a pipeline say of what was cut, ignored or not run.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const open = (source: string) => DiffusionPipeline.fromPretrained(source, { models });
const KINDS = ["sd1", "sdxl", "sd3", "flux", "flux-schnell"] as const;
const pipelines = Object.fromEntries(
	await Promise.all(KINDS.map(async (kind) => [kind, await open(fixture(kind))])),
) as Record<(typeof KINDS)[number], DiffusionPipeline>;
const folder = await mkdtemp(join(tmpdir(), "drum-warnings-"));
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
	await rm(folder, { recursive: true });
});

const SMALL = { height: 64, width: 64, numInferenceSteps: 1, seed: 1 };
const zeros = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b)), dims);

describe("an option that has no effect", () => {
	test.each<[keyof typeof pipelines, GenerateOptions, string[]]>([
		["sd1", { negativePrompt: "blurry" }, []],
		["sd1", { guidanceScale: 1, negativePrompt: "" }, []],
		[
			"sd1",
			{ guidanceScale: 1, negativePrompt: "blurry", guidanceRescale: 0.5 },
			["negativePrompt", "guidanceRescale"],
		],
		["sd1", { guidanceScale: 0, negativePromptEmbeds: zeros(1, 77, 32) }, ["negativePromptEmbeds"]],
		["sd1", { eta: 0.5, scheduler: "ddim" }, []],
		["sd1", { eta: 0.5, scheduler: "euler" }, ["eta"]],
		["sdxl", { negativeOriginalSize: [64, 64] }, ["negativeOriginalSize"]],
		["sdxl", { negativeOriginalSize: [64, 64], negativeTargetSize: [64, 64] }, []],
		[
			"sdxl",
			{ guidanceScale: 1, negativeOriginalSize: [64, 64], negativeTargetSize: [64, 64] },
			["negativeOriginalSize", "negativeTargetSize"],
		],
		["flux", { negativePrompt: "blurry" }, ["negativePrompt"]],
		["flux", { negativePrompt: "blurry", trueCfgScale: 1 }, ["negativePrompt"]],
		["flux", { negativePrompt: "blurry", trueCfgScale: 2 }, []],
		["flux", { trueCfgScale: 2 }, ["trueCfgScale"]],
		["flux", { guidanceScale: 2 }, []],
		["sdxl", { negativePrompt2: "fog" }, ["negativePrompt2"]],
		["sdxl", { negativePrompt: "", negativePrompt2: "fog" }, []],
		["sdxl", { denoisingEnd: 0 }, ["denoisingEnd"]],
		["sd3", { negativePrompt2: "fog" }, []],
		["sd3", { skipGuidanceLayers: [] }, []],
		["sd3", { skipGuidanceLayers: [0] }, ["skipGuidanceLayers"]],
		["sd3", { skipGuidanceLayers: [0], numInferenceSteps: 4, skipLayerGuidanceStop: 1 }, []],
		[
			"sd3",
			{ skipGuidanceLayers: [0], numInferenceSteps: 4, skipLayerGuidanceStop: 0.5, guidanceStart: 0.5 },
			["skipGuidanceLayers"],
		],
		["sd3", { skipGuidanceLayers: [0], skipLayerGuidanceScale: 0 }, ["skipGuidanceLayers"]],
		[
			"sd3",
			{ skipLayerGuidanceScale: 2, skipLayerGuidanceStop: 1 },
			["skipLayerGuidanceScale", "skipLayerGuidanceStop"],
		],
		[
			"sd3",
			{ guidanceScale: 1, skipGuidanceLayers: [0], skipLayerGuidanceStart: 0 },
			["skipGuidanceLayers", "skipLayerGuidanceStart"],
		],
		["flux", { negativePrompt2: "fog" }, ["negativePrompt2"]],
		["flux-schnell", { guidanceScale: 2 }, ["guidanceScale"]],
		["flux-schnell", { guidanceScale: 0 }, []],
	])("%s: %j", async (kind, options, expected) => {
		const { warnings } = await pipelines[kind].generate("a lighthouse", { ...SMALL, ...options });
		expect(warnings.map(({ code, what }) => [code, what])).toEqual(expected.map((what) => ["option-unused", what]));
		for (const { what, message } of warnings) expect(message).toMatch(new RegExp(`^${what} has no effect .*\\.$`));
	});

	test("a size that FLUX rounds down is told", async () => {
		const { images, warnings } = await pipelines.flux.generate("a lighthouse", { ...SMALL, width: 72 });
		expect(images[0]).toMatchObject({ height: 64, width: 64 });
		expect(warnings.map(({ code }) => code)).toEqual(["size-rounded"]);
	});

	test("draws the picture that is drawn without it", async () => {
		const [found, expected] = await Promise.all(
			[{ eta: 0.5, guidanceScale: 1, negativePrompt: "blurry" }, { guidanceScale: 1 }].map((options) =>
				pipelines.sd1.generate("a lighthouse", { ...SMALL, scheduler: "euler", ...options }),
			),
		);
		expect(found!.images[0]!.data).toEqual(expected!.images[0]!.data);
	});
});

/** Lets an encoder say that its tokens end after so many letters. */
function cutAfter(letters: number, encoder: TextEncoder): void {
	const overflow = (prompts: readonly string[]) => prompts.map((prompt) => prompt.slice(letters));
	Object.defineProperty(encoder, "overflow", { value: overflow });
}

const codes = (warnings: readonly Warning[]) => warnings.map(({ code, what }) => [code, what]);

describe("a prompt that is too long", () => {
	test("is told once for all encoders that cut it alike, with the part that was cut", async () => {
		await using pipeline = await open(fixture("sdxl"));
		for (const encoder of Object.values(pipeline.encoders)) cutAfter(12, encoder);
		const { warnings } = await pipeline.generate("a lighthouse by night", SMALL);
		expect(warnings).toEqual([
			{
				code: "prompt-cut",
				what: "prompt",
				message: 'prompt is too long for the 77 tokens of text encoders L and bigG; its end is not read: " by night".',
			},
		]);
	});

	test("is told of those that cut it, and of those that read it all", async () => {
		await using pipeline = await open(fixture("flux"));
		cutAfter(12, pipeline.encoders.L!);
		cutAfter(100, pipeline.encoders.T5!);
		const { warnings } = await pipeline.encodePrompt("a lighthouse by night");
		expect(warnings!.map(({ message }) => message)).toEqual([
			'prompt is too long for the 77 tokens of text encoder L; its end is not read: " by night". All of it is read by text encoder T5.',
		]);
	});

	test("is named among several, and a negative one too where it is read", async () => {
		await using pipeline = await open(fixture("sd1"));
		cutAfter(6, pipeline.encoders.L!);
		const options = { ...SMALL, negativePrompt: "blurry, cut" };
		const run = (more: GenerateOptions) => pipeline.generate(["a boat", "a red boat"], { ...options, ...more });
		expect(codes((await run({})).warnings)).toEqual([
			["prompt-cut", "prompt 2 of 2"],
			["prompt-cut", "negativePrompt"],
		]);
		expect(codes((await run({ guidanceScale: 1 })).warnings)).toEqual([
			["prompt-cut", "prompt 2 of 2"],
			["option-unused", "negativePrompt"],
		]);
	});

	test("is told in a personalised result, the history's in the profile", async () => {
		await using pipeline = await open(fixture("sd1"));
		await using drum = await DrUM.attach(pipeline, { adapters: fixture("adapters") });
		cutAfter(6, pipeline.encoders.L!);
		const history = ["a boat", "a red boat", "a ship", "a blue ship"].map((prompt) => ({ prompt }));
		const profile = await drum.profile(history, { size: 1 });
		expect(profile.warnings).toEqual([
			{
				code: "prompt-cut",
				what: "history rows 1, 3",
				message: "history rows 1, 3 are too long for the 77 tokens of text encoder L; the rest is not read.",
			},
		]);
		const longer = await drum.extend(profile, [{ prompt: "a green tree" }]);
		expect(codes(longer.warnings)).toEqual([["prompt-cut", "history row 0"]]);
		expect(Profile.fromBytes(profile.toBytes()).warnings).toEqual([]);
		const { warnings } = await drum.generate("a red boat", { ...SMALL, profile, alpha: 0.5 });
		expect(codes(warnings)).toEqual([["prompt-cut", "prompt"]]);
	});
});

describe("alpha", () => {
	test("without a profile, or with that of an empty history, has no effect", async () => {
		await using drum = await DrUM.attach(pipelines.sd1, { adapters: fixture("adapters") });
		const empty = await drum.profile([]);
		const profile = await drum.profile([{ prompt: "a boat" }]);
		for (const [options, expected] of [
			[{}, []],
			[{ profile: empty }, []],
			[{ alpha: 0.3 }, [["alpha-unused", "alpha"]]],
			[{ alpha: 0.3, profile: empty }, [["alpha-unused", "alpha"]]],
			[{ alpha: 0.3, profile }, []],
		] as const) {
			expect(codes((await drum.generate("a lighthouse", { ...SMALL, ...options })).warnings)).toEqual(expected);
		}
	});
});

describe("a checkpoint's parts that nothing runs", () => {
	async function listing(parts: Record<string, unknown>): Promise<string> {
		const source = await mkdtemp(join(folder, "sd1-"));
		await cp(fixture("sd1"), source, { recursive: true });
		const path = join(source, "model_index.json");
		const index = JSON.parse(await readFile(path, "utf8")) as object;
		await writeFile(path, JSON.stringify({ ...index, ...parts }));
		return source;
	}

	test("are in the warnings of the pipeline, and of each result", async () => {
		const source = await listing({
			safety_checker: ["stable_diffusion", "StableDiffusionSafetyChecker"],
			feature_extractor: ["transformers", "CLIPImageProcessor"],
			image_encoder: ["transformers", "CLIPVisionModelWithProjection"],
			requires_safety_checker: true,
		});
		await using pipeline = await open(source);
		expect(codes(pipeline.warnings)).toEqual([
			["safety-checker", `safety_checker in ${source}/model_index.json`],
			["component-unused", `image_encoder in ${source}/model_index.json`],
		]);
		expect(pipeline.warnings[0]!.message).toMatch(/ does not run by itself, so pictures are not checked\./);
		const { warnings } = await pipeline.generate("a lighthouse", { ...SMALL, guidanceScale: 1, guidanceRescale: 0.5 });
		expect(warnings.slice(0, 2)).toEqual(pipeline.warnings);
		expect(codes(warnings.slice(2))).toEqual([["option-unused", "guidanceRescale"]]);
		const checked = await pipeline.generate("a lighthouse", { ...SMALL, onImage: () => "keep" });
		expect(checked.warnings.map(({ code }) => code)).toEqual(["component-unused"]);
	});

	test("are not there where it lists none", async () => {
		await using pipeline = await open(await listing({ safety_checker: [null, null], image_encoder: [null, null] }));
		expect(pipeline.warnings).toEqual([]);
		for (const { warnings } of Object.values(pipelines)) expect(warnings).toEqual([]);
	});
});
