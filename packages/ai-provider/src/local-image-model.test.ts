import { UnsupportedFunctionalityError } from "@ai-sdk/provider";
import { DrUM, encodePng, readPngParameters, StableDiffusion } from "@drum/pipelines-sd";
import { adapters, model } from "@drum/tiny";
import { generateImage } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDrum, type DrumImageOptions, type DrumProvider, type ImageSettings } from "./index.ts";

const history = [{ prompt: "a blue striped fish", intensity: 5 }, { prompt: "a house, outline" }];
/** A picture of two steps, as anyone would ask for it. */
const quick = { prompt: "a star", seed: 7, maxRetries: 0 };

let sd: StableDiffusion;
let drum: Awaited<ReturnType<typeof attach>>;
let provider: DrumProvider;
const attach = (pipeline: StableDiffusion) => DrUM.attach(pipeline, { adapters });
beforeAll(async () => {
	globalThis.AI_SDK_LOG_WARNINGS = false;
	sd = await StableDiffusion.fromPretrained(model);
	drum = await attach(sd);
	provider = createDrum({ models: { tiny: drum, plain: sd } });
});
afterAll(async () => {
	await drum.release();
	await sd.release();
});

function generate(
	options: DrumImageOptions & Record<string, unknown> = {},
	more: Partial<Parameters<typeof generateImage>[0]> = {},
	{ name = "tiny", settings = {} }: { name?: string; settings?: ImageSettings } = {},
) {
	const providerOptions = { drum: { numInferenceSteps: 2, ...options } } as never;
	return generateImage({ ...quick, providerOptions, ...more, model: provider.image(name, settings) });
}

/** A PNG file of stripes. */
const made = (step: number) =>
	encodePng({ width: 64, height: 64, data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * step) % 256) });
const options = { seed: 7, numInferenceSteps: 2 };
const pngOf = async (drawing: Promise<{ images: readonly { toPng(): Promise<Uint8Array> }[] }>) =>
	(await drawing).images[0]!.toPng();
/** Width and height in a PNG's header. */
const sizeOf = (png: Uint8Array) => [16, 20].map((at) => Buffer.from(png).readUInt32BE(at));

describe("a model of this process", () => {
	it("draws what the pipeline draws, plain and personalised", async () => {
		const plain = await generate();
		expect(plain.image.uint8Array).toEqual(await pngOf(drum.generate("a star", options)));
		expect(plain.image.mediaType).toBe("image/png");
		const profile = await drum.profile(history, { size: 1 });
		const personal = await generate({ alpha: 0.6, profile: { history, size: 1 } });
		const expected = await pngOf(drum.generate("a star", { ...options, profile, alpha: 0.6 }));
		expect(personal.image.uint8Array).toEqual(expected);
		expect(personal.image.uint8Array).not.toEqual(plain.image.uint8Array);
		const kept = await generate({ alpha: 0.6 }, {}, { settings: { profile } });
		expect(kept.image.uint8Array).toEqual(expected);
		expect(kept.providerMetadata).toEqual({ drum: { images: [{ seed: 7 }] } });
	});

	it("begins from an image, and keeps what its mask says", async () => {
		const [image, mask] = await Promise.all([7, 90].map((step) => made(step)));
		const drawn = await generate({ strength: 0.5 }, { prompt: { text: "a star", images: [image!], mask: mask! } });
		const expected = await pngOf(drum.generate("a star", { ...options, image, mask, strength: 0.5 }));
		expect(drawn.image.uint8Array).toEqual(expected);
		const base64 = Buffer.from(image!).toString("base64");
		const again = await generate({ strength: 0.5 }, { prompt: { text: "a star", images: [base64] } });
		expect(again.image.uint8Array).toEqual(await pngOf(drum.generate("a star", { ...options, image, strength: 0.5 })));
	});

	it("draws n pictures, each of the next seed, and takes the pipeline's own options", async () => {
		const { images, providerMetadata } = await generate({ clipSkip: 1 }, { n: 2, size: "64x72" }, { name: "plain" });
		expect(providerMetadata.drum).toEqual({ images: [{ seed: 7 }, { seed: 8 }] });
		const told = images.map(({ uint8Array }) => readPngParameters(uint8Array));
		expect(told).toMatchObject([7, 8].map((seed) => ({ seed, clipSkip: 1 })));
		expect(images.map(({ uint8Array }) => sizeOf(uint8Array))).toEqual([
			[64, 72],
			[64, 72],
		]);
	});

	it("tells what was cut and what has no effect", async () => {
		const { warnings } = await generate({}, { prompt: "a blue star ".repeat(40), aspectRatio: "1:1", n: 2 });
		expect(warnings).toEqual([
			{ type: "unsupported", feature: "aspectRatio", details: expect.any(String) },
			{ type: "other", message: expect.stringContaining("tokens") },
		]);
	});

	it("stops when it is told to", async () => {
		const stopping = new AbortController();
		const onStep = () => stopping.abort(new Error("enough"));
		const stopped = generate({ numInferenceSteps: 100, onStep }, { abortSignal: stopping.signal });
		await expect(stopped).rejects.toThrow("enough");
	});
});

describe("what is wrong is refused", () => {
	it.each<[string, Record<string, unknown>, string]>([
		["an option that there is not", { steps: 3 }, "numInferenceSteps"],
		["a seed beside generateImage's", { seed: 3 }, "Give seed to generateImage itself"],
		["a name of a profile that there is not", { profile: { history, alpha: 1 } }, "option alpha"],
		["an empty profile", { profile: {} }, "either history or historyId"],
		["an empty history", { profile: { history: [] } }, "at least one prompt"],
		["two sizes", { profile: { history, ratio: 0.5, size: 1 } }, "ratio or size"],
		["a history of a service", { profile: { historyId: "1" } }, "not known in this process"],
		["a degree without a profile", { alpha: 0.5 }, "Give a profile beside it"],
		["a degree out of range", { alpha: 2, profile: { history } }, "alpha"],
	])("%s", async (_, wrong, message) => {
		const error = await generate(wrong).catch((reason: unknown) => reason);
		expect(error).toMatchObject({ code: "argument", message: expect.stringContaining(message) });
	});

	it("a profile, where DrUM is not attached", async () => {
		const plain = generate({ profile: { history } }, {}, { name: "plain" });
		await expect(plain).rejects.toMatchObject({ code: "argument", message: expect.stringContaining("DrUM.attach") });
	});

	it.each([
		["several images", { images: [Uint8Array.of(1), Uint8Array.of(2)] }],
		["an image's address", { images: ["https://pictures.example/a.png"] }],
	])("%s", async (_, prompt) => {
		const edited = generate({}, { prompt: { text: "a star", ...prompt } });
		await expect(edited).rejects.toSatisfy((error) => UnsupportedFunctionalityError.isInstance(error));
	});

	it("an image that is none", async () => {
		const edited = generate({}, { prompt: { text: "a star", images: [Uint8Array.of(1)] } });
		await expect(edited).rejects.toMatchObject({ code: "argument", what: "image" });
	});

	it("a model that there is not, and what is none", () => {
		expect(() => provider.image("sdxl")).toThrow("No such model: sdxl. There are tiny, plain.");
		expect(() => provider.languageModel("tiny")).toThrow("No such languageModel");
		expect(() => createDrum({ models: { none: {} as never } })).toThrow(/model none: expected a pipeline/);
		expect(() => createDrum({ model: "tiny" } as never)).toThrow(/option model of createDrum/);
		expect(() => createDrum({ baseURL: "here" })).toThrow(/baseURL: expected a URL/);
		expect(() => createDrum().image("tiny", { profile: {} })).toThrow(/none with a service/);
	});
});
