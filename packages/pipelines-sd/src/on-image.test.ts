import { fileURLToPath } from "node:url";
import { DrUM, type GenerateOptions, StableDiffusion } from "@drum/pipelines-sd";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const fixtures = fileURLToPath(new URL("../../../test/golden/fixtures/", import.meta.url));
const SMALL = { height: 16, width: 24, numInferenceSteps: 1, seed: 7, numImagesPerPrompt: 2 } as const;

let sd: StableDiffusion;
beforeAll(async () => {
	sd = await StableDiffusion.fromPretrained(`${fixtures}sd1`);
});
afterAll(() => sd.release());

describe("onImage", () => {
	test("sees each picture once, in order, one after another, and keeps them", async () => {
		const plain = await sd.generate("a lighthouse", SMALL);
		const seen: unknown[] = [];
		let busy = 0;
		const { images, warnings } = await sd.generate("a lighthouse", {
			...SMALL,
			async onImage(image, index) {
				expect(++busy).toBe(1);
				seen.push([index, image.parameters.prompt, image.parameters.picture, Buffer.from(image.data)]);
				await new Promise((resolve) => setTimeout(resolve, 5));
				busy--;
				return index === 0 ? "keep" : undefined;
			},
		});
		expect(seen).toEqual(plain.images.map(({ data }, i) => [i, "a lighthouse", i + 1, Buffer.from(data)]));
		expect(images).toEqual(plain.images);
		expect(warnings).toEqual([]);
	});

	test("refuses one: it is black, and a warning says so", async () => {
		const plain = await sd.generate("a lighthouse", SMALL);
		const { images, warnings } = await sd.generate("a lighthouse", {
			...SMALL,
			onImage: (_, index) => (index === 1 ? "refuse" : "keep"),
		});
		expect(images[0]).toEqual(plain.images[0]);
		expect(images[1]).toMatchObject({ width: 24, height: 16, parameters: { seed: 7, picture: 2 } });
		expect(new Set(images[1]!.data)).toEqual(new Set([0]));
		expect(warnings).toEqual([
			{
				code: "picture-refused",
				what: "picture 2 of 2",
				message: expect.stringMatching(/^onImage refused picture 2 of 2/),
			},
		]);
	});

	test("replaces one by another of any size, with the same parameters", async () => {
		const other = { width: 1, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
		const { images, warnings } = await sd.generate("a lighthouse", { ...SMALL, onImage: () => other });
		for (const image of images) {
			expect(image).toMatchObject({ ...other, parameters: { prompt: "a lighthouse" } });
			expect((await image.toPng()).length).toBeGreaterThan(50);
		}
		expect(warnings).toEqual([]);
	});

	test("looks at personalised pictures too", async () => {
		await using drum = await DrUM.attach(sd, { adapters: `${fixtures}adapters` });
		const profile = await drum.profile([{ prompt: "a red cat", intensity: 5 }]);
		const options = { ...SMALL, profile, alpha: 0.5, onImage: () => "refuse" as const };
		const { images, warnings } = await drum.generate("a lighthouse", options);
		expect(images.every(({ data }) => data.every((byte) => byte === 0))).toBe(true);
		expect(warnings.map(({ what }) => what)).toEqual(["picture 1 of 2", "picture 2 of 2"]);
	});

	test.each([
		["a word it does not know", () => "drop", '"drop"'],
		["a picture with too few bytes", () => ({ width: 2, height: 2, data: new Uint8Array(3) }), "2 × 2 with 3 bytes"],
		["a number", () => 5, "5"],
	])("gets an error that names %s", async (_, onImage, found) => {
		const drawn = sd.generate("a lighthouse", { ...SMALL, onImage } as unknown as GenerateOptions);
		await expect(drawn).rejects.toMatchObject({ code: "argument", what: "what onImage returns", found });
	});

	test("ends the call with what it throws, or with the signal's reason", async () => {
		const failing = sd.generate("a lighthouse", {
			...SMALL,
			onImage() {
				throw new Error("the filter is away");
			},
		});
		await expect(failing).rejects.toThrow("the filter is away");
		const stop = new AbortController();
		const onImage = () => stop.abort(new Error("enough"));
		await expect(sd.generate("a lighthouse", { ...SMALL, onImage, signal: stop.signal })).rejects.toThrow("enough");
	});

	test("must be a function", async () => {
		const drawn = sd.generate("a lighthouse", { ...SMALL, onImage: "black" } as unknown as GenerateOptions);
		await expect(drawn).rejects.toMatchObject({ what: "onImage", expected: "a function" });
	});
});
