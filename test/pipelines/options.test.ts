import { fileURLToPath } from "node:url";
import { type Condition, DiffusionPipeline, type GenerateOptions, type PipelineOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { float32 } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";

// What each foundation model takes, and what it says to the rest.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const KINDS = ["sd1", "sdxl", "sd3", "flux"] as const;
const pipelines = Object.fromEntries(
	await Promise.all(
		KINDS.map(async (kind) => [kind, await DiffusionPipeline.fromPretrained(fixture(kind), { models })]),
	),
) as Record<(typeof KINDS)[number], DiffusionPipeline>;
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

const SMALL = { height: 64, width: 64, numInferenceSteps: 1, seed: 1 };
const zeros = (...dims: number[]) => float32(new Float32Array(dims.reduce((a, b) => a * b)), dims);

describe("an option that is not a model's", () => {
	test.each<[keyof typeof pipelines, GenerateOptions, RegExp]>([
		["sd1", { trueCfgScale: 2 }, /^trueCfgScale: expected none for Stable Diffusion 1/],
		["sd1", { originalSize: [512, 512] }, /^originalSize: .*takes guidanceRescale/],
		["sdxl", { trueCfgScale: 2 }, /^trueCfgScale: expected none for Stable Diffusion XL/],
		["sd3", { guidanceRescale: 0.5 }, /^guidanceRescale: expected none for Stable Diffusion 3/],
		["flux", { targetSize: [512, 512] }, /^targetSize: expected none for FLUX/],
		["sd1", { negativePooledPromptEmbeds: zeros(1, 8) }, /^negativePooledPromptEmbeds: expected none/],
		[
			"sdxl",
			{ negativePooledPromptEmbeds: zeros(1, 40) },
			/^negativePooledPromptEmbeds: .*negativePromptEmbeds with it/,
		],
		["sdxl", { negativePromptEmbeds: zeros(1, 77, 72) }, /^negativePooledPromptEmbeds: expected a float32 tensor/],
		["sdxl", { originalSize: [0, 512] }, /^originalSize: expected \[height, width\]/],
		["sdxl", { cropsCoordsTopLeft: [1.5, 0] }, /^cropsCoordsTopLeft: expected \[top, left\]/],
		["sdxl", { guidanceRescale: 2 }, /^guidanceRescale: expected a number from 0 to 1/],
		[
			"sd3",
			{ height: 72 },
			/^height: expected a multiple of 16, at most 384, with this model, found 72\. The nearest is 80$/,
		],
		[
			"sd3",
			{ width: 400 },
			/^width: expected a multiple of 16, at most 384, with this model, found 400\. The nearest is 384$/,
		],
		["flux", { width: 8 }, /^width: expected at least 16 with this model, found 8\. The nearest is 16$/],
		["sd1", { width: 100 }, /^width: expected a multiple of 8 with this model, found 100\. The nearest is 104$/],
		["sd1", { prompt2: "a boat" }, /^prompt2: expected none for Stable Diffusion 1/],
		["sdxl", { prompt3: "a boat" }, /^prompt3: expected none for Stable Diffusion XL/],
		[
			"sdxl",
			{ prompt2: ["a", "b"] },
			/^prompt2: expected one for all prompts, or a list with one for each, 1, found 2/,
		],
		["sdxl", { negativePrompt2: 5 as unknown as string }, /^negativePrompt2: expected a string or a list/],
		["sd1", { clipSkip: 100 }, /^clipSkip: expected an integer from 0 to \d, found 100/],
		["flux", { clipSkip: 1 }, /^clipSkip: expected none for FLUX/],
		["sd3", { maxSequenceLength: 513 }, /^maxSequenceLength: expected an integer from 1 to 512/],
		["sdxl", { denoisingEnd: 1.5 }, /^denoisingEnd: expected a number from 0 to 1/],
		["sdxl", { skipGuidanceLayers: [1] }, /^skipGuidanceLayers: expected none for Stable Diffusion XL/],
		["sd3", { skipGuidanceLayers: [0, 40] }, /^skipGuidanceLayers: expected integers from 0 to \d, .*, found 40/],
		["sd3", { skipGuidanceLayers: [1, 1] }, /^skipGuidanceLayers: expected a list of different integers/],
		["sd3", { skipGuidanceLayers: [-1] }, /^skipGuidanceLayers: expected a list of different integers/],
		[
			"sd3",
			{ skipGuidanceLayers: [0], skipLayerGuidanceStart: 0.5 },
			/^skipLayerGuidanceStop: expected at least .*0\.5/,
		],
		[
			"sd3",
			{ skipGuidanceLayers: [0], skipLayerGuidanceScale: Number.NaN },
			/^skipLayerGuidanceScale: expected a number/,
		],
		["sd3", { denoisingEnd: 0.5 }, /^denoisingEnd: expected none for Stable Diffusion 3/],
		["flux", { scheduler: "ddim" }, /^scheduler: expected one of flow-match-euler/],
		["sdxl", { scheduler: "flow-match-euler" }, /^scheduler: expected one of ddim/],
		["sd1", { scheduler: "magic" as "ddim" }, /^scheduler: expected one of (?!.*flow-match).*, found "magic"/],
		["sd1", { seed: "42" as unknown as number }, /^seed: expected an integer from 0 to 2\^53 − 1, found "42"/],
		["sdxl", { vaeTiling: "yes" as unknown as boolean }, /^vaeTiling: expected true or false/],
		["sd3", { latents: zeros(1, 4, 8, 8) }, /^latents: expected \[1, 16, 8, 8\]/],
	])("%s: %j", async (kind, options, message) => {
		const drawing = pipelines[kind].generate("a lighthouse", { ...SMALL, ...options });
		await expect(drawing).rejects.toMatchObject({ code: "argument", message: expect.stringMatching(message) });
		await expect(pipelines[kind].checkOptions({ ...SMALL, ...options })).rejects.toThrow(message);
	});
});

describe("an option of the pipeline, told before the checkpoint is looked for", () => {
	test.each<[PipelineOptions, RegExp]>([
		[{ dtype: "int2" as "int4" }, /^dtype: expected one of auto, float32, int8, int4, found "int2"/],
		[{ dtype: { T5: "q4" as "int4" } }, /^dtype: expected one of/],
		[{ maxSequenceLength: 513 }, /^maxSequenceLength: expected an integer from 1 to 512/],
		[{ threads: 0 }, /^threads: expected an integer from 1/],
	])("%j", async (options, message) => {
		const opening = DiffusionPipeline.fromPretrained("nowhere/at-all", { models, offline: true, ...options });
		await expect(opening).rejects.toMatchObject({ code: "argument", message: expect.stringMatching(message) });
	});
});

describe("a condition of one's own", () => {
	test.each<[keyof typeof pipelines, Condition, RegExp]>([
		["sdxl", { promptEmbeds: zeros(1, 77, 72) }, /^pooledPromptEmbeds: expected a float32 tensor \[1, 40\]/],
		["sdxl", { promptEmbeds: zeros(1, 77, 70), pooledPromptEmbeds: zeros(1, 40) }, /^promptEmbeds: .*\[1, any, 72\]/],
		["sdxl", { promptEmbeds: zeros(1, 77, 72), pooledPromptEmbeds: zeros(2, 40) }, /^pooledPromptEmbeds: .*\[1, 40\]/],
		["sd1", { promptEmbeds: zeros(1, 77, 32), pooledPromptEmbeds: zeros(1, 40) }, /^pooledPromptEmbeds: expected none/],
	])("%s refuses %j", async (kind, condition, message) => {
		await expect(pipelines[kind].generate(condition, SMALL)).rejects.toThrow(message);
	});

	test.each(KINDS)("%s: that of a prompt draws what the prompt draws", async (kind) => {
		const pipeline = pipelines[kind];
		const condition = await pipeline.encodePrompt("a lighthouse");
		const [found, expected] = [
			await pipeline.generate(condition, SMALL),
			await pipeline.generate("a lighthouse", SMALL),
		];
		expect(found.images[0]!.data).toEqual(expected.images[0]!.data);
	});

	test("of other tokens needs a negative one alike", async () => {
		const condition = { promptEmbeds: zeros(1, 30, 72), pooledPromptEmbeds: zeros(1, 40) };
		await expect(pipelines.sdxl.generate(condition, SMALL)).rejects.toThrow(/^negativePromptEmbeds/);
		const negative = { negativePromptEmbeds: zeros(1, 30, 72), negativePooledPromptEmbeds: zeros(1, 40) };
		expect((await pipelines.sdxl.generate(condition, { ...SMALL, ...negative })).images).toHaveLength(1);
	});
});

describe.each(KINDS)("%s", (kind) => {
	test("tells each step, with a preview", async () => {
		const seen: string[] = [];
		await pipelines[kind].generate(["a lighthouse", "a boat"], {
			...SMALL,
			numInferenceSteps: 2,
			scheduler: pipelines[kind].schedulers[0],
			onStep: ({ step, steps, preview }) => {
				const { width, height, data } = preview(1);
				seen.push(`${step}/${steps} ${width}×${height} ${new Set(data).size > 1}`);
			},
		});
		const extent = 64 / pipelines[kind].vae.scale;
		expect(seen).toEqual([`1/2 ${extent}×${extent} true`, `2/2 ${extent}×${extent} true`]);
	});

	test("stops between two steps", async () => {
		const stop = new AbortController();
		const reason = new Error("enough");
		const steps: number[] = [];
		const drawing = pipelines[kind].generate("a lighthouse", {
			...SMALL,
			numInferenceSteps: 4,
			signal: stop.signal,
			onStep: ({ step }) => {
				steps.push(step);
				if (step === 2) stop.abort(reason);
			},
		});
		await expect(drawing).rejects.toBe(reason);
		expect(steps).toEqual([1, 2]);
	});

	test("records what makes the picture again", async () => {
		const own = kind === "sdxl" ? { originalSize: [512, 256] as const, guidanceRescale: 0.5 } : {};
		const { images } = await pipelines[kind].generate("a lighthouse", { ...SMALL, ...own });
		const { guidanceScale } = pipelines[kind].model.defaults;
		expect(images[0]!.parameters).toMatchObject({
			prompt: "a lighthouse",
			seed: 1,
			guidanceScale,
			...(kind === "sdxl" && { originalSize: [512, 256], guidanceRescale: 0.5 }),
		});
	});
});
