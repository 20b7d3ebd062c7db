import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiffusionPipeline, type GenerateOptions } from "@drum/pipeline";
import type { Tensor } from "@drum/tensor";
import { afterAll, describe, test } from "vitest";
import { fixture, readRuns } from "./pictures.ts";
import { type AnyCase, anyOptions, expectRun, MODELS, openedOnce } from "./run-cases.ts";

// Oracle: diffusers' pipelines from a picture, and with a mask over it, by tooling/golden/pictures_in.py.

interface Case extends AnyCase<string> {
	image: string;
	mask_image?: string;
	scheduler_config?: Record<string, unknown>;
	max_sequence_length?: number;
}

const opened = openedOnce<DiffusionPipeline>();
const temporary = await mkdtemp(join(tmpdir(), "pictures-in-"));
afterAll(() => rm(temporary, { recursive: true }));

/** Opened once for each checkpoint and settings. */
function open(folder: string, { scheduler_config: schedulerConfig, max_sequence_length: maxSequenceLength }: Case) {
	const options = { models: MODELS, schedulerConfig, maxSequenceLength };
	return opened([folder, schedulerConfig, maxSequenceLength], () => DiffusionPipeline.fromPretrained(folder, options));
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

	function optionsOf({ image, mask_image, scheduler_config, ...rest }: Case): GenerateOptions {
		const mask = mask_image === undefined ? undefined : picture(`mask.${mask_image}`);
		return { ...anyOptions(rest), image: picture(`picture.${image}`), mask };
	}

	test.each(cases)("$key: latents within 1e-4, each pixel within 1/255", async (settings) => {
		const { checkpoint } = settings;
		const folder = name === "pictures-in-filled" ? await inpainting(checkpoint) : fixture(checkpoint);
		const pipeline = await open(folder, settings);
		const options = optionsOf(settings);
		await expectRun(settings.key, tensors, (following) =>
			pipeline.generate(settings.prompt, { ...options, ...following }),
		);
	});
});
