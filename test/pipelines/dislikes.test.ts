import { fileURLToPath } from "node:url";
import { type Condition, DiffusionPipeline, DrUM, type GenerateOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { ArgumentError } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";

// What a profile's dislikes do to each family's runs.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const SMALL = { height: 32, width: 32, numInferenceSteps: 1, seed: 1 };
const HISTORY = [{ prompt: "a red cat", intensity: 2 }, { prompt: "neon lights" }, { prompt: "fog", intensity: -3 }];
const MIRRORED = [{ prompt: "fog", intensity: 1 }];

type Kind = "sd1" | "sd2" | "sdxl" | "sd3" | "flux";
const open = async (kind: Kind) => {
	const pipeline = await DiffusionPipeline.fromPretrained(fixture(kind), { models });
	return { pipeline, drum: await DrUM.attach(pipeline, { adapters: fixture("adapters") }) };
};
const embeds = ({ promptEmbeds, pooledPromptEmbeds }: Pick<Condition, "promptEmbeds" | "pooledPromptEmbeds">) => [
	promptEmbeds,
	pooledPromptEmbeds,
];
const failureOf = (call: () => Promise<unknown>) =>
	call().then(
		() => undefined,
		(error: ArgumentError) => error,
	);
const codes = (of: { warnings?: readonly { code: string }[] | undefined }) => of.warnings?.map(({ code }) => code);

test.each<[Kind, GenerateOptions]>([
	["sd1", {}],
	["sdxl", {}],
	["sd3", { negativePrompt2: "rain" }],
	["flux", { trueCfgScale: 2 }],
])("%s is drawn against its negative prompt as a profile that liked the same would steer it", async (kind, options) => {
	const { pipeline, drum } = await open(kind);
	const profile = await drum.profile(HISTORY);
	const likes = await drum.profile(HISTORY.slice(0, 2));
	const mirrored = await drum.profile(MIRRORED);
	const { negativePrompt2, ...rest } = options;
	const condition = await drum.condition("a lighthouse", { profile: likes, alpha: 0.4 });
	const negative = await drum.condition("blur", { profile: mirrored, alpha: 0.6, prompt2: negativePrompt2 });
	const expected = await pipeline.generate(condition, {
		...{ ...SMALL, ...rest },
		negativePromptEmbeds: negative.promptEmbeds,
		...(negative.pooledPromptEmbeds && { negativePooledPromptEmbeds: negative.pooledPromptEmbeds }),
	});
	const dials = { profile, alpha: 0.4, negativeAlpha: 0.6 };
	const found = await drum.generate("a lighthouse", { ...SMALL, ...options, negativePrompt: "blur", ...dials });
	expect(found.images[0]!.data).toEqual(expected.images[0]!.data);
	expect(found.warnings).toEqual([]);
	const plain = await drum.generate("a lighthouse", {
		...SMALL,
		...options,
		negativePrompt: "blur",
		...dials,
		negativeAlpha: 0,
	});
	expect(plain.images[0]!.data).not.toEqual(found.images[0]!.data);
	await Promise.all([drum.release(), pipeline.release()]);
});

describe("sd1", async () => {
	const { pipeline, drum } = await open("sd1");
	afterAll(async () => void (await Promise.all([drum.release(), pipeline.release()])));
	const profile = await drum.profile(HISTORY);
	const likes = await drum.profile(HISTORY.slice(0, 2));
	const given = (await pipeline.encodePrompt("blur")).promptEmbeds;

	test("where the call gives its negative condition dislikes have no effect, which is said", async () => {
		const options = { ...SMALL, negativePromptEmbeds: given };
		const found = await drum.generate("a lighthouse", { ...options, profile });
		expect(codes(found)).toEqual(["dislikes-unused"]);
		const expected = await drum.generate("a lighthouse", { ...options, profile: likes });
		expect(found.images[0]!.data).toEqual(expected.images[0]!.data);
		expect(found.images[0]!.parameters).not.toHaveProperty("negativeAlpha");
	});

	test("a condition brings what it is drawn against, for any number of prompts and pictures", async () => {
		const prompts = ["a lighthouse", "a boat"];
		const condition = await drum.condition(prompts, { profile });
		const pictures = { ...SMALL, numImagesPerPrompt: 2 };
		const found = await pipeline.generate(condition, pictures);
		const expected = await drum.generate(prompts, { ...pictures, profile });
		expect(found.images.map(({ data }) => data)).toEqual(expected.images.map(({ data }) => data));
		const { negativePrompt: _, ...rest } = expected.images[3]!.parameters;
		expect(found.images[3]!.parameters).toEqual(rest);
		expect(codes(await pipeline.generate(condition, { ...pictures, guidanceScale: 1 }))).toEqual(["dislikes-unused"]);
		for (const options of [{ negativePrompt: "rain" }, { negativePromptEmbeds: given }]) {
			const error = await failureOf(() => pipeline.generate(condition, { ...SMALL, ...options }));
			expect(error).toBeInstanceOf(ArgumentError);
			expect(error?.message).toContain("expected none, because the condition has a negative condition already");
		}
		const wrong = { ...condition, negative: { ...condition.negative!, promptEmbeds: pipelineEmbeds(5) } };
		expect((await failureOf(() => pipeline.generate(wrong, SMALL)))?.what).toBe("negative.promptEmbeds");
	});

	test("what a picture tells to anyone has the dial, and not what was disliked", async () => {
		const [image] = (await drum.generate("a lighthouse", { ...SMALL, profile })).images;
		expect(image!.parameters).toMatchObject({
			...{ alpha: 0.3, negativeAlpha: 0.3 },
			negativeReferences: [{ prompt: "fog", intensity: -3 }],
		});
		const text = Buffer.from(await image!.toPng()).toString("latin1");
		expect(text).toContain("negativeAlpha");
		expect(text).not.toContain("fog");
		expect(Buffer.from(await image!.toPng({ parameters: "full" })).toString("latin1")).toContain("fog");
	});

	test("weights in prompts go beside dislikes", async () => {
		const long = "a cat and a dog on the beach, ".repeat(12);
		const options = { ...SMALL, promptSyntax: "a1111", negativePrompt: "(rain:1.3)" } as const;
		expect(codes(await drum.generate(long, { ...options, profile }))).toEqual([]);
		const condition = await drum.condition(long, { promptSyntax: "a1111", profile, negativeAlpha: 0.5 });
		expect(condition.negative!.promptEmbeds.dims).toEqual(condition.promptEmbeds.dims);
		const mirrored = await drum.profile(MIRRORED);
		const negative = await drum.condition("", { profile: mirrored, alpha: 0.5 });
		const rows = negative.promptEmbeds.data;
		expect([...condition.negative!.promptEmbeds.data.subarray(0, rows.length)]).toEqual([...rows]);
		expect(embeds(negative)[1]).toBeUndefined();
	});

	function pipelineEmbeds(width: number) {
		return { type: "float32" as const, dims: [1, 77, width], data: new Float32Array(77 * width) };
	}
});

test.each<[Kind, GenerateOptions]>([
	["sd1", { guidanceScale: 1 }],
	["sdxl", { guidanceScale: 1 }],
	["sd3", { guidanceScale: 1 }],
	["flux", {}],
])("%s without guidance keeps away from what is disliked, and tells the dial", async (kind, options) => {
	const { pipeline, drum } = await open(kind);
	const [profile, likes] = await Promise.all([drum.profile(HISTORY), drum.profile(HISTORY.slice(0, 2))]);
	const [away, plain] = [
		await drum.generate("a lighthouse", { ...SMALL, ...options, profile }),
		await drum.generate("a lighthouse", { ...SMALL, ...options, profile: likes }),
	];
	expect(away.warnings).toEqual([]);
	expect(away.images[0]!.parameters).toMatchObject({ alpha: 0.3, negativeAlpha: 0.3 });
	expect(away.images[0]!.data).not.toEqual(plain.images[0]!.data);
	await Promise.all([drum.release(), pipeline.release()]);
});
