import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, type SchedulerName } from "@drum/pipeline";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { ArgumentError, parseSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ViPerOptions, viper } from "../index.ts";

// Oracle: the authors' pipeline on the tiny XL, and the same sum around diffusers' own on the tiny SD 1, by tooling/golden/viper.py.

interface Case {
	key: string;
	checkpoint: "sd1" | "sdxl";
	prompt: string;
	negative_prompt: string;
	vp_pos: string;
	vp_neg: string;
	vp_degree_pos?: number;
	vp_degree_neg?: number;
	seed: number;
	height: number;
	width: number;
	num_inference_steps: number;
	num_images_per_prompt?: number;
	guidance_scale: number;
	scheduler?: SchedulerName;
}

const fixture = (path: string) => fileURLToPath(new URL(`../../../../test/golden/fixtures/${path}`, import.meta.url));
const cases: Case[] = JSON.parse(readFileSync(fixture("viper.json"), "utf8"));
const { tensors } = parseSafetensors(readFileSync(fixture("viper.safetensors")), "viper.safetensors");

const listOf = (text: string) => (text === "" ? [] : text.split(", "));
const optionsOf = (each: Case): ViPerOptions => ({
	preferences: { liked: listOf(each.vp_pos), disliked: listOf(each.vp_neg) },
	degreeLiked: each.vp_degree_pos,
	degreeDisliked: each.vp_degree_neg,
	...(each.negative_prompt !== "" && { negativePrompt: each.negative_prompt }),
	...{ seed: each.seed, height: each.height, width: each.width, guidanceScale: each.guidance_scale },
	...{ numInferenceSteps: each.num_inference_steps, scheduler: each.scheduler },
	numImagesPerPrompt: each.num_images_per_prompt,
});

const pipelines = {} as Record<"sd1" | "sdxl" | "sd3", DiffusionPipeline>;
beforeAll(async () => {
	for (const name of ["sd1", "sdxl", "sd3"] as const)
		pipelines[name] = await DiffusionPipeline.fromPretrained(fixture(name), { models: STABLE_DIFFUSION });
});
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

describe("pictures are the authors', within one of 255,", () => {
	test.each(cases)("$key", async (each) => {
		const { images } = await viper(pipelines[each.checkpoint], each.prompt, optionsOf(each));
		const { data } = tensors.get(`${each.key}.images`) as Tensor<"uint8">;
		const drawn = images.flatMap((image) => [...image.data]);
		expect(drawn).toHaveLength(data.length);
		expect(drawn.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0)).toBeLessThanOrEqual(1);
		expect(images[0]!.parameters).toMatchObject({ method: "ViPer", liked: each.vp_pos, disliked: each.vp_neg });
	});
});

const [first] = cases as [Case];
test("with both degrees 0 the pictures are the model's own, and all prompts of a call are drawn", async () => {
	const { preferences, ...own } = optionsOf(first);
	const prompts = [first.prompt, "a dog"];
	const none = await viper(pipelines.sd1, prompts, { preferences, ...own, degreeLiked: 0, degreeDisliked: 0 });
	const plain = await pipelines.sd1.generate(prompts, plainOf(own));
	expect(none.images.map(({ data }) => data)).toEqual(plain.images.map(({ data }) => data));
	const two = await viper(pipelines.sd1, prompts, { preferences, ...own });
	expect(two.images).toHaveLength(2);
	const one = await viper(pipelines.sd1, first.prompt, { preferences, ...own });
	expect(Buffer.compare(one.images[0]!.data, two.images[0]!.data)).toBe(0);
});

const plainOf = ({ degreeLiked: _, degreeDisliked: __, ...rest }: Omit<ViPerOptions, "preferences">) => ({
	...rest,
	negativePrompt: "",
});

test.each<[string, keyof typeof pipelines, Partial<ViPerOptions>, RegExp]>([
	["a model without a UNet", "sd3", {}, /pipeline: expected Stable Diffusion 1, 2 or XL/],
	["no preferences", "sd1", { preferences: undefined as never }, /preferences: expected \{ liked, disliked \}/],
	["empty ones", "sd1", { preferences: { liked: [" "], disliked: [] } }, /not both empty/],
	["a negative degree", "sd1", { degreeLiked: -1 }, /degreeLiked: expected a number from 0/],
	["a degree that is none", "sd1", { degreeDisliked: Number.NaN }, /degreeDisliked: expected a number from 0/],
	["no guidance", "sd1", { guidanceScale: 1 }, /guidanceScale: expected a number above 1/],
	["a cache", "sd1", { cache: "deepcache" }, /cache: expected none for ViPer/],
	["rescaled guidance", "sd1", { guidanceRescale: 0.7 }, /guidanceRescale: expected none for ViPer/],
	["an unknown option", "sd1", { degree: 1 } as never, /degree/],
])("%s is refused before anything is loaded", async (_, name, change, message) => {
	const drawing = viper(pipelines[name], "a cat", { ...optionsOf(first), ...change });
	await expect(drawing).rejects.toThrow(ArgumentError);
	await expect(drawing).rejects.toThrow(message);
});
