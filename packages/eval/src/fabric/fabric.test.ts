import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Image } from "@drum/diffusion";
import { DiffusionPipeline, type SchedulerName, type Step } from "@drum/pipeline";
import { STABLE_DIFFUSION, UNet2DCondition } from "@drum/pipelines-sd";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type FabricOptions, fabric } from "../index.ts";

// Oracle: diffusers' community pipeline FABRIC on the tiny checkpoints, by tooling/golden/fabric.py.

interface Case {
	key: string;
	checkpoint: Kind;
	prompt: string;
	negative_prompt: string;
	liked: string[];
	disliked: string[];
	seed: number;
	height: number;
	width: number;
	num_images: number;
	num_inference_steps: number;
	guidance_scale: number;
	scheduler?: SchedulerName;
	feedback_start_ratio?: number;
	feedback_end_ratio?: number;
	min_weight?: number;
	max_weight?: number;
	neg_scale?: number;
	pos_bottleneck_scale?: number;
	neg_bottleneck_scale?: number;
}

type Kind = "sd1" | "sd2" | "sdxl";

const fixture = (path: string) => fileURLToPath(new URL(`../../../../test/golden/fixtures/${path}`, import.meta.url));
const cases: Case[] = JSON.parse(readFileSync(fixture("fabric.json"), "utf8"));
const { tensors } = parseSafetensors(readFileSync(fixture("fabric.safetensors")), "fabric.safetensors");

function picture(name: string): Image {
	const { dims, data } = tensors.get(`picture.${name}`) as Tensor<"uint8">;
	return { height: dims[0]!, width: dims[1]!, data };
}

/** Under the community pipeline's names in camelCase. */
function optionsOf(each: Case): FabricOptions {
	return {
		negativePrompt: each.negative_prompt,
		liked: each.liked.map(picture),
		disliked: each.disliked.map(picture),
		seed: each.seed,
		height: each.height,
		width: each.width,
		numImagesPerPrompt: each.num_images,
		numInferenceSteps: each.num_inference_steps,
		guidanceScale: each.guidance_scale,
		scheduler: each.scheduler,
		feedbackStartRatio: each.feedback_start_ratio,
		feedbackEndRatio: each.feedback_end_ratio,
		minWeight: each.min_weight,
		maxWeight: each.max_weight,
		negScale: each.neg_scale,
		posBottleneckScale: each.pos_bottleneck_scale,
		negBottleneckScale: each.neg_bottleneck_scale,
	};
}

const pipelines = {} as Record<Kind, DiffusionPipeline>;
beforeAll(async () => {
	for (const name of ["sd1", "sd2", "sdxl"] as const)
		pipelines[name] = await DiffusionPipeline.fromPretrained(fixture(name), { models: STABLE_DIFFUSION });
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
	Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe("fabric draws what the community pipeline draws", () => {
	test.each(cases)("$key: each pixel within 1/255, latents within 1e-5 of the largest", async (each) => {
		let latents = new Float32Array();
		const onStep = (step: Step) => {
			latents = step.latents.slice();
		};
		const { images } = await fabric(pipelines[each.checkpoint], each.prompt, { ...optionsOf(each), onStep });
		const [drawn, denoised] = [tensors.get(`${each.key}.images`)!, tensors.get(`${each.key}.latents`)!] as [
			Tensor<"uint8">,
			Tensor<"float32">,
		];
		expect([images.length, images[0]!.height, images[0]!.width, 3]).toEqual(drawn.dims);
		expect(latents.length).toBe(denoised.data.length);
		const scale = denoised.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
		expect(largest(latents, denoised.data) / scale).toBeLessThan(1e-5);
		expect(largest(Buffer.concat(images.map(({ data }) => data)), drawn.data)).toBeLessThanOrEqual(1);
	});
});

const SMALL = { height: 32, width: 32, numInferenceSteps: 3, seed: 7 } as const;
const FEEDBACK = { liked: [picture("square")], disliked: [picture("tall")] };
const bytes = (images: readonly Image[]) => images.map(({ data }) => Buffer.from(data).toString("base64"));

test.each([
	["no feedback", {}],
	["weights of 0", { ...FEEDBACK, minWeight: 0, maxWeight: 0 }],
])("with %s the picture is the plain one, exactly, and feedback is not encoded", async (_, options) => {
	const encode = vi.spyOn(pipelines.sd1.vae, "encode");
	for (const scheduler of ["ddim", "euler-ancestral"] as const) {
		const plain = await pipelines.sd1.generate("a lighthouse", { ...SMALL, scheduler });
		const drawn = await fabric(pipelines.sd1, "a lighthouse", { ...SMALL, ...options, scheduler });
		expect(bytes(drawn.images)).toEqual(bytes(plain.images));
		expect(drawn.images[0]!.parameters).toEqual(plain.images[0]!.parameters);
	}
	expect(encode).not.toHaveBeenCalled();
});

test("liked and disliked pictures change the picture, each in its own way, under the schedulers that the oracle cannot run", async () => {
	for (const scheduler of ["euler", "dpm++2m"] as const) {
		const settings = { ...SMALL, numInferenceSteps: 2, scheduler, minWeight: 0.8 };
		const drawn = new Set<string>();
		for (const [liked, disliked] of [[], ["square"], ["tall"]].flatMap((a) => [[], ["square"]].map((b) => [a, b]))) {
			const feedback = { liked: liked!.map(picture), disliked: disliked!.map(picture) };
			const { images } = await fabric(pipelines.sd1, "a lighthouse", { ...settings, ...feedback });
			drawn.add(bytes(images)[0]!);
		}
		expect(drawn.size, scheduler).toBe(6);
	}
});

test("several prompts, each with several pictures, look at the same feedback", async () => {
	const prompts = ["a lighthouse", "a ship"];
	const { images } = await fabric(pipelines.sd2, prompts, { ...SMALL, ...FEEDBACK, numImagesPerPrompt: 2 });
	expect(images.map(({ parameters }) => parameters.prompt)).toEqual([
		"a lighthouse",
		"a lighthouse",
		"a ship",
		"a ship",
	]);
	expect(new Set(bytes(images)).size).toBe(4);
	expect(images[0]!.parameters).toMatchObject({ method: "FABRIC", liked: 1, disliked: 1, maxWeight: 0.8 });
});

test("a condition is drawn as its prompt is", async () => {
	const condition = await pipelines.sd1.encodePrompt("a lighthouse");
	const [fromCondition, fromPrompt] = [
		await fabric(pipelines.sd1, condition, { ...SMALL, ...FEEDBACK }),
		await fabric(pipelines.sd1, "a lighthouse", { ...SMALL, ...FEEDBACK }),
	];
	expect(bytes(fromCondition.images)).toEqual(bytes(fromPrompt.images));
});

test("models that are freed one after another draw the same", async () => {
	await using offloading = await DiffusionPipeline.fromPretrained(fixture("sd1"), {
		models: STABLE_DIFFUSION,
		offload: true,
	});
	const { vae } = offloading;
	const calls = [vi.spyOn(vae, "encode"), vi.spyOn(vae, "release"), vi.spyOn(vae, "decode")];
	const predicted = vi.spyOn(UNet2DCondition.prototype, "predictWithFeedback");
	const drawn = await fabric(offloading, "a lighthouse", { ...SMALL, ...FEEDBACK });
	const order = [...calls, predicted].map(({ mock }) => mock.invocationCallOrder);
	predicted.mockRestore();
	const [encoded, released, decoded, denoised] = order as [number[], number[], number[], number[]];
	const isFreed = (after: number, before: number) => released.some((at) => at > after && at < before);
	expect(isFreed(encoded.at(-1)!, denoised[0]!)).toBe(true);
	expect(isFreed(decoded.at(-1)!, Number.POSITIVE_INFINITY)).toBe(true);
	const kept = await fabric(pipelines.sd1, "a lighthouse", { ...SMALL, ...FEEDBACK });
	expect(bytes(drawn.images)).toEqual(bytes(kept.images));
});

test("the schedule's weights reach the network: the least, then the most from start to end, then the least", async () => {
	const predict = vi.spyOn(UNet2DCondition.prototype, "predictWithFeedback");
	const schedule = { feedbackStartRatio: 0.25, feedbackEndRatio: 0.5, minWeight: 0.1, maxWeight: 1, negScale: 0.3 };
	const options = { ...SMALL, ...FEEDBACK, ...schedule, scheduler: "ddim", numInferenceSteps: 5 } as const;
	await fabric(pipelines.sd1, "a lighthouse", options);
	const weights = predict.mock.calls.map(([, feedback]) => feedback.weights);
	expect(weights.map(([outer]) => outer!.liked)).toEqual([0.1, 1, 1, 0.1, 0.1]);
	for (const at of weights.flat()) expect(at.disliked).toBeCloseTo(0.3 * at.liked, 12);
});

test("a run ends between two steps with the signal's reason, tells of its steps, and the pipeline stays usable", async () => {
	const cancelled = new AbortController();
	const seen: number[] = [];
	const onStep = ({ step }: Step) => {
		seen.push(step);
		if (step === 2) cancelled.abort("enough");
	};
	const options = { ...SMALL, ...FEEDBACK, scheduler: "ddim", onStep, signal: cancelled.signal } as const;
	await expect(fabric(pipelines.sd1, "a lighthouse", options)).rejects.toBe("enough");
	expect(seen).toEqual([1, 2]);
	await expect(fabric(pipelines.sd1, "a lighthouse", options)).rejects.toBe("enough");
	expect((await fabric(pipelines.sd1, "a lighthouse", { ...SMALL, ...FEEDBACK })).images.length).toBe(1);
});

describe("refused before anything is loaded", () => {
	const broken = { width: 4, height: 4, data: new Uint8Array(16) };
	test.each<[string, Kind, Record<string, unknown>]>([
		["pipeline", "sdxl", {}],
		["liked picture 0", "sd1", { liked: [broken] }],
		["disliked picture 1", "sd1", { disliked: [picture("tall"), null] }],
		["liked", "sd1", { liked: picture("tall") }],
		["feedbackStartRatio", "sd1", { feedbackStartRatio: 1.1 }],
		["feedbackEndRatio", "sd1", { feedbackEndRatio: -0.1 }],
		["minWeight", "sd1", { minWeight: -1 }],
		["maxWeight", "sd1", { maxWeight: Number.NaN }],
		["negScale", "sd1", { negScale: "0.5" }],
		["posBottleneckScale", "sd1", { posBottleneckScale: Number.POSITIVE_INFINITY }],
		["guidanceScale", "sd1", { guidanceScale: 1 }],
		["seed", "sd1", { seed: [1] }],
		["seed", "sd1", { seed: -1 }],
		["height", "sd1", { height: 33 }],
		["negativePrompt", "sd1", { negativePrompt: ["a", "b"] }],
		["cache", "sd1", { cache: "deepcache" }],
	])("%s of %s: %j", async (what, kind, options) => {
		const encode = vi.spyOn(pipelines[kind], "encodePrompt");
		const drawing = fabric(pipelines[kind], "a lighthouse", { ...SMALL, ...FEEDBACK, ...options } as FabricOptions);
		await expect(drawing).rejects.toMatchObject({ code: "argument", what });
		expect(encode).not.toHaveBeenCalled();
	});

	test("a prompt that is none", async () => {
		const drawing = fabric(pipelines.sd1, [] as string[], { ...SMALL, ...FEEDBACK });
		await expect(drawing).rejects.toMatchObject({ code: "argument", what: "prompt" });
	});
});
