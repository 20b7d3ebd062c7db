import { fileURLToPath } from "node:url";
import { type GenerateOptions, type GenerateResult, StableDiffusion, type Step } from "@drum/pipelines-sd";
import { ArgumentError, type DrumError, float32 } from "@drum/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const checkpoint = fileURLToPath(new URL("../../../test/golden/fixtures/sd1", import.meta.url));
/** The smallest picture: two steps, 32 × 32 pixels. */
const SMALL = { height: 32, width: 32, numInferenceSteps: 2, seed: 7 } as const;
const bytes = ({ images }: GenerateResult) => images.map(({ data }) => Buffer.from(data).toString("base64"));

let sd: StableDiffusion;
beforeAll(async () => {
	sd = await StableDiffusion.fromPretrained(checkpoint);
});
afterAll(() => sd.release());

const embeds = (rows: number, tokens = 77, width = 32) =>
	float32(new Float32Array(rows * tokens * width).fill(0.1), [rows, tokens, width]);
const noise = (...dims: number[]) => float32(new Float32Array(dims.reduce((size, dim) => size * dim, 1)), dims);
const withNaN = <T extends { data: Float32Array }>(tensor: T) => {
	tensor.data[3] = Number.NaN;
	return tensor;
};

describe("an option is refused by name", () => {
	const wrong: [keyof GenerateOptions, unknown[]][] = [
		["height", [0, -64, 33, 20, 64.5, Number.NaN, 1 / 0, "64", null, 64n, 2 ** 20]],
		["width", [0, 33, 20, Number.NaN, "64", null]],
		["numInferenceSteps", [0, -1, 1.5, 1001, Number.NaN, "4", null]],
		["guidanceScale", [-1, Number.NaN, 1 / 0, "7.5", null]],
		["numImagesPerPrompt", [0, 1.5, -1, Number.NaN, "2", 1e9]],
		["seed", [-1, 1.5, Number.NaN, 2 ** 53, "42", 42n, null, [], [1, 2], [-1], ["1"]]],
		["eta", [-0.1, 1.1, Number.NaN, "0"]],
		["scheduler", ["magic", "", 5, null]],
		["negativePrompt", [5, null, [5], ["a", "b"], []]],
		[
			"negativePromptEmbeds",
			[null, 5, {}, embeds(2), embeds(1, 77, 48), embeds(1, 76), withNaN(embeds(1)), noise(1, 77)],
		],
		[
			"latents",
			[
				null,
				"noise",
				{},
				noise(4, 4, 4),
				noise(2, 4, 4, 4),
				noise(1, 4, 8, 4),
				noise(1, 3, 4, 4),
				withNaN(noise(1, 4, 4, 4)),
			],
		],
		["onStep", [5, "print", null]],
		["signal", [5, {}, null]],
	];
	test.each(wrong)("%s", async (name, values) => {
		for (const value of values) {
			const failure = await sd
				.generate("a lighthouse", { ...SMALL, [name]: value } as GenerateOptions)
				.catch((error) => error);
			expect(failure, String(value)).toBeInstanceOf(ArgumentError);
			expect((failure as DrumError).what).toBe(name);
			await expect(sd.checkOptions({ ...SMALL, [name]: value } as GenerateOptions)).rejects.toThrow(ArgumentError);
		}
	});

	test.each([[undefined], [null], [5], [[]], [["a", 5]], [{}]])("prompt %j", async (prompt: unknown) => {
		for (const call of [() => sd.generate(prompt as string, SMALL), () => sd.encodePrompt(prompt as string)])
			await expect(call()).rejects.toMatchObject({ code: "argument", what: "prompt" });
	});

	test("promptEmbeds of another width, with NaN or that are no tensor, or for another number of tokens than the negative prompt", async () => {
		for (const promptEmbeds of [
			embeds(1, 77, 48),
			withNaN(embeds(1)),
			noise(77, 32),
			{ ...embeds(1), data: new Float32Array(5) },
			{},
			null,
		])
			await expect(sd.generate({ promptEmbeds } as never, SMALL)).rejects.toMatchObject({
				code: "argument",
				what: "promptEmbeds",
			});
		await expect(sd.generate({ promptEmbeds: embeds(1, 20) }, SMALL)).rejects.toMatchObject({
			what: "negativePromptEmbeds",
		});
		const negativePromptEmbeds = embeds(1, 20);
		expect((await sd.generate({ promptEmbeds: embeds(1, 20) }, { ...SMALL, negativePromptEmbeds })).images.length).toBe(
			1,
		);
	});

	test("negativePrompt together with negativePromptEmbeds", async () => {
		const options = { ...SMALL, negativePrompt: "rain", negativePromptEmbeds: embeds(1) };
		await expect(sd.generate("a lighthouse", options)).rejects.toMatchObject({ found: "both" });
	});

	test("threads and device, before it looks for the checkpoint", async () => {
		for (const threads of [0, -1, 1.5, Number.NaN])
			await expect(StableDiffusion.fromPretrained("no/such", { threads })).rejects.toMatchObject({ what: "threads" });
		await expect(StableDiffusion.fromPretrained("no/such", { device: "abacus" as never })).rejects.toMatchObject({
			code: "device",
		});
	});
});

describe("the same pictures come out", () => {
	test("from another instance, and after a release", async () => {
		const first = bytes(await sd.generate("a lighthouse", SMALL));
		await using other = await StableDiffusion.fromPretrained(checkpoint);
		expect(bytes(await other.generate("a lighthouse", SMALL))).toEqual(first);
		await sd.release();
		expect(bytes(await sd.generate("a lighthouse", SMALL))).toEqual(first);
	});

	test("from the condition as from the prompt", async () => {
		const condition = await sd.encodePrompt("a lighthouse");
		const { promptEmbeds: negativePromptEmbeds } = await sd.encodePrompt("rain");
		expect(bytes(await sd.generate(condition, { ...SMALL, negativePromptEmbeds }))).toEqual(
			bytes(await sd.generate("a lighthouse", { ...SMALL, negativePrompt: "rain" })),
		);
	});

	test("from the random seed that a result contains, and other pictures from another seed", async () => {
		const { seed: _, ...options } = SMALL;
		const drawn = await sd.generate("a lighthouse", options);
		expect(bytes(await sd.generate("a lighthouse", { ...options, seed: drawn.seed }))).toEqual(bytes(drawn));
		const other = await sd.generate("a lighthouse", options);
		expect(other.seed).not.toBe(drawn.seed);
		expect(bytes(other)).not.toEqual(bytes(drawn));
		expect((await sd.generate("a lighthouse", { ...options, seed: 2 ** 53 - 1 })).seed).toBe(2 ** 53 - 1);
	});

	test("for a list of seeds as for each, in the prompts' order", async () => {
		const options = { ...SMALL, seed: [1, 2, 3, 4], numImagesPerPrompt: 2, negativePrompt: ["rain", "fog"] };
		const together = await sd.generate(["a lighthouse", "a ship"], options);
		expect(together.seed).toEqual([1, 2, 3, 4]);
		for (const [i, image] of together.images.entries()) {
			const [prompt, negativePrompt] = [["a lighthouse", "a ship"][i >> 1]!, ["rain", "fog"][i >> 1]!];
			const alone = await sd.generate(prompt, { ...SMALL, seed: i + 1, negativePrompt });
			const largest = image.data.reduce((most, v, at) => Math.max(most, Math.abs(v - alone.images[0]!.data[at]!)), 0);
			expect(largest).toBeLessThanOrEqual(1);
			expect(image.parameters).toMatchObject({ prompt, negativePrompt, seed: i + 1 });
		}
	});

	test("from calls at the same time, of different sizes, as from one after another", async () => {
		const calls = [SMALL, { ...SMALL, height: 48 }, { ...SMALL, seed: 8 }, { ...SMALL, width: 64 }, SMALL];
		const alone: string[][] = [];
		for (const options of calls) alone.push(bytes(await sd.generate("a lighthouse", options)));
		const together = await Promise.all(calls.map((options) => sd.generate("a lighthouse", options)));
		expect(together.map(bytes)).toEqual(alone);
		expect(together.map(({ images }) => [images[0]!.width, images[0]!.height])).toEqual(
			calls.map(({ width, height }) => [width, height]),
		);
	});

	test("from latents as from the seed that gives the same noise", async () => {
		const { Noise } = await import("@drum/diffusion");
		const latents = float32(new Noise(7, 1).draw([4, 4, 4]), [1, 4, 4, 4]);
		expect(bytes(await sd.generate("a lighthouse", { ...SMALL, seed: 99, latents }))).toEqual(
			bytes(await sd.generate("a lighthouse", SMALL)),
		);
	});
});

describe("a run", () => {
	test("reports each step in order, with a preview of each picture, and waits for the caller", async () => {
		const seen: Step[] = [];
		let waiting = 0;
		const onStep = async (step: Step) => {
			expect(waiting++).toBe(0);
			seen.push(step);
			await new Promise((resolve) => setTimeout(resolve, 5));
			waiting--;
		};
		await sd.generate("a lighthouse", {
			...SMALL,
			scheduler: "ddim",
			numInferenceSteps: 4,
			numImagesPerPrompt: 2,
			onStep,
		});
		expect(seen.map(({ step, steps }) => [step, steps])).toEqual([1, 2, 3, 4].map((step) => [step, 4]));
		const timesteps = seen.map(({ timestep }) => timestep);
		expect(timesteps).toEqual(timesteps.toSorted((a, b) => b - a));
		const [first, second] = [seen[1]!.preview(), seen[1]!.preview(1)];
		expect([first.width, first.height, first.data.length]).toEqual([4, 4, 48]);
		expect(second.data).not.toEqual(first.data);
		for (const picture of [2, -1, 0.5]) expect(() => seen[1]!.preview(picture)).toThrow(ArgumentError);
	});

	test.each([1, 2])("ends with the error that onStep throws in step %i, and the pipeline stays usable", async (at) => {
		const onStep = ({ step }: Step) => {
			if (step === at) throw new Error("seen enough");
		};
		await expect(sd.generate("a lighthouse", { ...SMALL, onStep })).rejects.toThrow("seen enough");
		expect((await sd.generate("a lighthouse", SMALL)).images.length).toBe(1);
	});

	test("can be cancelled before it begins, midway and after its last step, with the signal's reason", async () => {
		const before = bytes(await sd.generate("a lighthouse", SMALL));
		const never = () => expect.unreachable();
		await expect(
			sd.generate("a lighthouse", { ...SMALL, onStep: never, signal: AbortSignal.abort("before") }),
		).rejects.toBe("before");
		for (const at of [1, 3]) {
			const cancelled = new AbortController();
			let last = 0;
			const onStep = ({ step }: Step) => {
				last = step;
				if (step === at) cancelled.abort(`in step ${at}`);
			};
			await expect(sd.generate("a lighthouse", { ...SMALL, onStep, signal: cancelled.signal })).rejects.toBe(
				`in step ${at}`,
			);
			expect(last).toBe(at);
		}
		expect(bytes(await sd.generate("a lighthouse", SMALL))).toEqual(before);
	});

	test("does not end when another that loads the same models is cancelled", async () => {
		await using fresh = await StableDiffusion.fromPretrained(checkpoint);
		const cancelled = new AbortController();
		const calls = [cancelled.signal, undefined].map((signal) => fresh.generate("a lighthouse", { ...SMALL, signal }));
		cancelled.abort("enough");
		const [first, second] = await Promise.allSettled(calls);
		expect(first).toEqual({ status: "rejected", reason: "enough" });
		expect(second!.status).toBe("fulfilled");
	});

	test("continues when the pipeline is released meanwhile", async () => {
		const prompts = Array.from({ length: 33 }, (_, i) => `prompt ${i}`);
		const before = await sd.encodePrompt(prompts);
		const running = [sd.encodePrompt(prompts), sd.generate("a lighthouse", SMALL)] as const;
		await sd.release();
		expect(await running[0]).toEqual(before);
		expect((await running[1]).images.length).toBe(1);
	});

	test("draws with every scheduler of diffusion models", async () => {
		const names = sd.schedulers;
		const drawn = new Set<string>();
		// In fewer than five steps the third order is the second.
		for (const scheduler of names)
			drawn.add(bytes(await sd.generate("a lighthouse", { ...SMALL, scheduler, numInferenceSteps: 5 }))[0]!);
		expect(drawn.size).toBe(names.length);
	});

	test("draws nearly the same from float16 weights", async () => {
		await using half = await StableDiffusion.fromPretrained(checkpoint, { variant: "fp16" });
		const [halved, whole] = [await half.generate("a lighthouse", SMALL), await sd.generate("a lighthouse", SMALL)];
		const largest = halved.images[0]!.data.reduce(
			(most, v, i) => Math.max(most, Math.abs(v - whole.images[0]!.data[i]!)),
			0,
		);
		expect(largest).toBeLessThanOrEqual(8);
		await expect(StableDiffusion.fromPretrained(checkpoint, { variant: "int8" })).rejects.toMatchObject({
			code: "checkpoint",
		});
	});

	test.each([
		["of 100,000 characters", "a lighthouse ".repeat(7_700)],
		["of emoji alone", "🐈‍⬛🗼🌊".repeat(30)],
		["of halves of characters", "\ud83d \udc08 \ud83d"],
		["of nothing", ""],
		["of control characters", "\0\u0007\u202e\ufffe"],
	])("draws a prompt %s", async (_, prompt) => {
		const { images } = await sd.generate(prompt, SMALL);
		expect([images[0]!.width, images[0]!.height, images[0]!.data.length]).toEqual([32, 32, 32 * 32 * 3]);
	});
});
