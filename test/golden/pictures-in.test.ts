import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiffusionPipeline, type GenerateOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor } from "@drum/tensor";
import { afterAll, describe, test } from "vitest";
import { expectNumbers, expectPictures, fixture, readRuns } from "./pictures.ts";

// Oracle: diffusers' pipelines from a picture, and with a mask over it, by tooling/golden/pictures_in.py.

interface Case extends Record<string, unknown> {
	key: string;
	checkpoint: string;
	prompt: string[];
	steps: number;
	image: string;
	mask_image?: string;
	scheduler_config?: Record<string, unknown>;
	max_sequence_length?: number;
}

const opened = new Map<string, Promise<DiffusionPipeline>>();
const temporary = await mkdtemp(join(tmpdir(), "pictures-in-"));
afterAll(async () => {
	for (const pipeline of opened.values()) await (await pipeline).release();
	await rm(temporary, { recursive: true });
});

/** Opened once for each checkpoint and settings. */
function open(folder: string, { scheduler_config: schedulerConfig, max_sequence_length: maxSequenceLength }: Case) {
	const key = JSON.stringify([folder, schedulerConfig, maxSequenceLength]);
	const models = [...FLUX, ...STABLE_DIFFUSION];
	const pipeline =
		opened.get(key) ?? DiffusionPipeline.fromPretrained(folder, { models, schedulerConfig, maxSequenceLength });
	opened.set(key, pipeline);
	return pipeline;
}

/** A checkpoint whose UNet inpaints: its own parts over those that it shares with another. */
async function inpainting(checkpoint: string): Promise<string> {
	const folder = join(temporary, checkpoint);
	if (existsSync(folder)) return folder;
	await cp(fixture(checkpoint), folder, { recursive: true, filter: (path) => !path.endsWith("/unet") });
	await cp(fixture(`${checkpoint}-inpaint`), folder, { recursive: true });
	return folder;
}

describe.each(["pictures-in-image", "pictures-in-mask", "pictures-in-filled"])("%s", (name) => {
	const { cases, tensors } = readRuns<Case>(name);

	const picture = (what: string) => {
		const { dims, data } = tensors.get(what) as Tensor<"uint8">;
		return { height: dims[0]!, width: dims[1]!, data };
	};

	/** Under diffusers' names in camelCase. */
	function optionsOf({
		key,
		checkpoint,
		prompt,
		steps,
		image,
		mask_image,
		scheduler_config,
		...rest
	}: Case): GenerateOptions {
		const camel = (each: string) => each.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
		const others = Object.fromEntries(Object.entries(rest).map(([each, value]) => [camel(each), value]));
		const mask = mask_image === undefined ? undefined : picture(`mask.${mask_image}`);
		return { ...others, numInferenceSteps: steps, image: picture(`picture.${image}`), mask };
	}

	test.each(cases)("$key: latents within 1e-4, each pixel within 1/255", async (settings) => {
		const { checkpoint } = settings;
		const folder = name === "pictures-in-filled" ? await inpainting(checkpoint) : fixture(checkpoint);
		const pipeline = await open(folder, settings);
		let latents = new Float32Array();
		const onStep = (step: { latents: Float32Array }) => {
			latents = step.latents.slice();
		};
		const { images } = await pipeline.generate(settings.prompt, { ...optionsOf(settings), onStep });
		expectNumbers(latents, tensors.get(`${settings.key}.latents`) as Tensor<"float32">, 1e-4);
		expectPictures(images, tensors.get(`${settings.key}.images`) as Tensor<"uint8">);
	});
});
