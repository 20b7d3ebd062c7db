import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readPngParameters, StableDiffusion } from "./index.ts";

// Text encoders instead of a checkpoint's own, given by their places: with the same weights the pictures are the same.

const fixture = (path: string) => fileURLToPath(new URL(`../../../test/golden/fixtures/${path}`, import.meta.url));
const SD1 = fixture("sd1");
const SMALL = { height: 32, width: 32, numInferenceSteps: 1, seed: 3 };

const own = await StableDiffusion.fromPretrained(SD1);
const expected = await own.generate("a lighthouse", SMALL);

test.each([
	["a checkpoint that has it", "sd1"],
	["its folder, with the tokenizer of the checkpoint", "sd1/text_encoder"],
	["the file of its weights", "sd1/text_encoder/model.safetensors"],
])("is taken from %s", async (_, place) => {
	await using sd = await StableDiffusion.fromPretrained(SD1, { encoders: { L: fixture(place) } });
	expect(sd.encoders.L!.fingerprint).toBe(own.encoders.L!.fingerprint);
	const { images } = await sd.generate("a lighthouse", SMALL);
	expect(images[0]!.data).toEqual(expected.images[0]!.data);
	expect(images[0]!.parameters).toMatchObject({ encoders: [{ L: fixture(place) }] });
	const [told] = readPngParameters(await images[0]!.toPng())!.encoders!;
	expect(told).toEqual({ L: place.split("/").at(-1) });
});

test.each([
	["of another width", "sd2/text_encoder", "checkpoint", "cross_attention_dim"],
	["that is not there", "sd1/no-such-folder", "argument", "no-such-folder"],
	["that is a folder of something else", "sd1/unet", "checkpoint", "config.json"],
])("one %s is refused before weights are loaded", async (_, place, code, what) => {
	const opened = StableDiffusion.fromPretrained(SD1, { encoders: { L: fixture(place) } });
	await expect(opened).rejects.toMatchObject({ code, what: expect.stringContaining(what) });
});
