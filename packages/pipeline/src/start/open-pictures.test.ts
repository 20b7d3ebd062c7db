import { fileURLToPath } from "node:url";
import { type OpenedPicture, pictureSize } from "@drum/diffusion";
import { resizeLanczos } from "@drum/encoders-clip";
import type { Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { describe, expect, test } from "vitest";
import { maskOf } from "./mask.ts";
import { openPictures } from "./open-pictures.ts";

// Oracle: diffusers 0.42.1's load_image and VaeImageProcessor, by tooling/golden/picture_input.py.

const numbers = await Checkpoint.open(fileURLToPath(new URL("fixtures/picture-input.safetensors", import.meta.url)));
const golden = (name: string) => numbers.read(name) as unknown as Promise<Tensor<"uint8">>;
const files = [...numbers.names()].filter((name) => name.startsWith("file.")).map((name) => name.slice(5));

/** The file as the option `what`, read. */
async function opened(what: "image" | "mask", name: string): Promise<OpenedPicture> {
	const { data } = await golden(`file.${name}`);
	return (await openPictures({ [what]: data }))[what] as OpenedPicture;
}

function furthest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
	expect(found.length).toBe(expected.length);
	return Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i]!)));
}

describe.each(files)("the file %s", (name) => {
	// JPEG decoders round differently.
	const near = name === "turned" ? 1 : 0;

	test("is read and resized for the VAE as in diffusers", async () => {
		const picture = await opened("image", name);
		const { data, dims } = await golden(`picture.${name}`);
		expect(await pictureSize((await golden(`file.${name}`)).data, "image")).toEqual({
			width: dims[1],
			height: dims[0],
		});
		expect([picture.height, picture.width, 3]).toEqual(dims);
		expect(furthest(picture.data, data)).toBeLessThanOrEqual(near);
		const resized = resizeLanczos(picture, { width: 24, height: 32 });
		expect(furthest(resized.data, (await golden(`image.${name}`)).data)).toBeLessThanOrEqual(near);
		expect(picture.transparent).toBe(/alpha/.test(name));
	});

	test("gives the same mask as in diffusers", async () => {
		const picture = await opened("mask", name);
		const { pixels, latents } = maskOf(resizeLanczos(picture, { width: 24, height: 32 }), 8);
		const { data } = await golden(`mask.${name}`);
		// Values at the middle may fall on either side if decoders round differently.
		expect(pixels.filter((value, i) => value !== data[i]).length).toBeLessThanOrEqual(near * 5);
		expect([...latents]).toEqual([0, 1, 2, 3].flatMap((y) => [0, 1, 2].map((x) => pixels[8 * y * 24 + 8 * x])));
	});
});
