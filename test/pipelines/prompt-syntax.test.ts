import { fileURLToPath } from "node:url";
import { type Condition, DiffusionPipeline, DrUM } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import type { Tensor, TextEncoder } from "@drum/tensor";
import { afterAll, describe, expect, test } from "vitest";

// Prompts with A1111's syntax, where test/golden/prompt-syntax.test.ts has no numbers of others: beside plain prompts, with a profile,
// with encoders of one's own.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const tiny = (name: string) => fileURLToPath(new URL(`../../packages/tiny/${name}`, import.meta.url));
const models = [...STABLE_DIFFUSION, ...FLUX];
const KINDS = ["sd1", "sd2", "sdxl", "sd3", "flux"] as const;
type Kind = (typeof KINDS)[number];
const pipelines = Object.fromEntries(
	await Promise.all(
		KINDS.map(async (kind) => [kind, await DiffusionPipeline.fromPretrained(fixture(kind), { models })]),
	),
) as Record<Kind, DiffusionPipeline>;
afterAll(async () => {
	for (const pipeline of Object.values(pipelines)) await pipeline.release();
});

const SMALL = { height: 32, width: 32, numInferenceSteps: 1, seed: 1 };
const A1111 = { promptSyntax: "a1111" } as const;
const LONG = "a cat and a dog on the beach, ".repeat(12);
const HISTORY = [{ prompt: "a red cat", intensity: 2 }, { prompt: "neon lights" }];

/** Rows `from` to `to` of the first prompt. */
function rowsOf({ promptEmbeds: { data, dims } }: Condition, from: number, to: number): Float32Array {
	return data.subarray(from * dims[2]!, to * dims[2]!);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
	expect(a.length).toBe(b.length);
	return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

function cosine(a: Float32Array, b: Float32Array): number {
	const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

test.each(KINDS)("%s: a prompt without syntax that fits is the plain condition, to the bit", async (kind) => {
	const [plain, read] = await Promise.all(
		(["plain", "a1111"] as const).map((promptSyntax) =>
			pipelines[kind].encodePrompt(["a cat, on the beach", ""], { promptSyntax }),
		),
	);
	expect(read!.promptEmbeds).toEqual(plain!.promptEmbeds);
	expect(read!.pooledPromptEmbeds).toEqual(plain!.pooledPromptEmbeds);
});

test.each(KINDS)("%s: a condition that was made before draws what its prompt draws", async (kind) => {
	const pipeline = pipelines[kind];
	const negative = { ...A1111, negativePrompt: "(fog:1.2)", ...(kind === "flux" && { trueCfgScale: 2 }) };
	const expected = await pipeline.generate(LONG, { ...SMALL, ...negative });
	const condition = await pipeline.encodePrompt(LONG, A1111);
	const { images } = await pipeline.generate(condition, { ...SMALL, ...negative });
	expect(images[0]!.data).toEqual(expected.images[0]!.data);
	// SDXL's negative condition without a negative prompt is zeros of any length.
	if (kind !== "sdxl") return;
	await expect(pipeline.generate(condition, SMALL)).resolves.toMatchObject({ warnings: [] });
});

test.each(["sd1", "sdxl", "sd3"] as const)(
	"%s: a longer negative prompt than a condition is denoised by itself",
	async (kind) => {
		const condition = await pipelines[kind].encodePrompt("a (cat:1.2)", A1111);
		const draw = (negativePrompt: string) =>
			pipelines[kind].generate(condition, { ...SMALL, ...A1111, negativePrompt }).then(({ images }) => images[0]!.data);
		expect(await draw(LONG)).not.toEqual(await draw("fog"));
		// One of as many rows is the same, made before or by the call.
		const longer = await pipelines[kind].encodePrompt(LONG, A1111);
		const { promptEmbeds, pooledPromptEmbeds } = await pipelines[kind].encodePrompt("fog BREAK rain", A1111);
		const given = { negativePromptEmbeds: promptEmbeds, negativePooledPromptEmbeds: pooledPromptEmbeds };
		if (kind === "sd3") return;
		const [together, apart] = await Promise.all([
			pipelines[kind].generate(longer, { ...SMALL, ...given }),
			pipelines[kind].generate(longer, { ...SMALL, ...A1111, negativePrompt: "fog BREAK rain" }),
		]);
		expect(together.images[0]!.data).toEqual(apart.images[0]!.data);
	},
);

test("a longer condition and a plain negative prompt are refused, with the way out", async () => {
	const condition = await pipelines.sd1.encodePrompt(LONG, A1111);
	const call = pipelines.sd1.generate(condition, { ...SMALL, negativePrompt: "fog" });
	await expect(call).rejects.toThrow(
		/^negativePromptEmbeds: expected a float32 tensor \[1, 154, 32\].*promptSyntax: "a1111"/,
	);
});

describe("with a profile", () => {
	test.each(["sd1", "sdxl", "flux"] as const)(
		"%s: each chunk is personalised by itself, pooled rows are the first's",
		async (kind) => {
			await using drum = await DrUM.attach(pipelines[kind], { adapters: fixture("adapters") });
			const profile = await drum.profile(HISTORY);
			const personal = { profile, alpha: 0.4, ...A1111 };
			const [both, first, second] = await Promise.all(
				["a cat BREAK a dog", "a cat", "a dog"].map((prompt) => drum.condition(prompt, personal)),
			);
			expect(
				largestDifference(
					both!.pooledPromptEmbeds?.data ?? Float32Array.of(),
					first!.pooledPromptEmbeds?.data ?? Float32Array.of(),
				),
			).toBeLessThan(1e-5);
			if (kind === "flux") return expect(both!.promptEmbeds.dims).toEqual(first!.promptEmbeds.dims);
			expect(both!.promptEmbeds.dims).toEqual([1, 154, first!.promptEmbeds.dims[2]]);
			expect(largestDifference(rowsOf(both!, 0, 77), first!.promptEmbeds.data)).toBeLessThan(1e-5);
			expect(largestDifference(rowsOf(both!, 77, 154), second!.promptEmbeds.data)).toBeLessThan(1e-5);
		},
	);

	test("personalised rows are weighed, and keep their mean", async () => {
		await using drum = await DrUM.attach(pipelines.sd1, { adapters: fixture("adapters") });
		const profile = await drum.profile(HISTORY);
		const [weighed, plain] = await Promise.all(
			["a (cat:1.5)", "a cat"].map((prompt) => drum.condition(prompt, { profile, alpha: 0.4, ...A1111 })),
		);
		const expected = plain!.promptEmbeds.data.slice();
		const ids = pipelines.sd1.encoders.L!.promptIds!.of(["a ", "cat"]);
		for (let row = 1 + ids[0]!.length; row < 1 + ids.flat().length; row++)
			for (let i = 0; i < 32; i++) expected[row * 32 + i]! *= 1.5;
		const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
		const scale = sum(plain!.promptEmbeds.data) / sum(expected);
		expect(
			largestDifference(
				weighed!.promptEmbeds.data,
				expected.map((value) => value * scale),
			),
		).toBeLessThan(1e-5);
	});

	test("at α = 0 a trained adapter gives the plain weighted condition, as near as the unweighted one", async () => {
		await using pipeline = await DiffusionPipeline.fromPretrained(tiny("model"), { models });
		await using drum = await DrUM.attach(pipeline, { adapters: tiny("drum") });
		const profile = await drum.profile([{ prompt: "blue stripes" }]);
		const near = async (prompt: string) => {
			const personal = await drum.condition(prompt, { profile, alpha: 0, ...A1111 });
			const plain = await pipeline.encodePrompt(prompt, A1111);
			return cosine(personal.promptEmbeds.data, plain.promptEmbeds.data);
		};
		expect(await near("a star")).toBeGreaterThan(0.95);
		expect(await near("a (star:1.4) BREAK with [outlines]")).toBeGreaterThan(0.95);
	});

	test.each(["sd1", "sd3", "flux"] as const)(
		"%s: prompt and negative prompt get as many rows, whichever is longer",
		async (kind) => {
			await using drum = await DrUM.attach(pipelines[kind], { adapters: fixture("adapters") });
			const profile = await drum.profile(HISTORY);
			const options = { ...SMALL, ...A1111, profile, ...(kind === "flux" && { trueCfgScale: 2 }) };
			for (const [prompt, negativePrompt] of [
				["a (cat:1.2)", LONG],
				[LONG, "fog"],
			] as const) {
				const { images, warnings } = await drum.generate(prompt, { ...options, negativePrompt });
				expect(warnings).toEqual([]);
				expect(images[0]!.parameters).toMatchObject({ prompt, negativePrompt, promptSyntax: "a1111", alpha: 0.3 });
			}
		},
	);

	test("T5's adapter has its 256 rows: a longer prompt is read in chunks of them", async () => {
		await using drum = await DrUM.attach(pipelines.flux, { adapters: fixture("adapters") });
		const profile = await drum.profile(HISTORY);
		const { promptEmbeds, warnings } = await drum.condition("cat ".repeat(600), { profile, ...A1111 });
		expect([promptEmbeds.dims[1]! % 256, promptEmbeds.dims[1]! > 256]).toEqual([0, true]);
		expect(warnings).toEqual([]);
	});

	test("earlier prompts are text, whatever they hold", async () => {
		await using drum = await DrUM.attach(pipelines.sd1, { adapters: fixture("adapters") });
		const [signs, none] = await Promise.all(["a (cat:1.5)", "a cat"].map((prompt) => drum.profile([{ prompt }])));
		expect(signs!.references[0]!.prompt).toBe("a (cat:1.5)");
		expect(signs!.hidden("L", -1).data).not.toEqual(none!.hidden("L", -1).data);
	});
});

describe("what has no effect is told", () => {
	test.each<[option: string, prompt: string, options: object, found: RegExp]>([
		[
			"prompt",
			"a cat <lora:style:0.8>",
			{},
			/^"<lora:style:0\.8>" in prompt is left out\. LoRAs are given as the option loras\.$/,
		],
		["negativePrompt", "a cat", { negativePrompt: "fog AND rain" }, /^"AND" in negativePrompt is read as text: /],
		["prompt2", "a cat", { prompt2: "a [dog:cat:0.5]" }, /^"\[dog:cat:0\.5\]" in prompt2 is read as text: /],
	])("in %s", async (what, prompt, options, message) => {
		const { warnings } = await pipelines.sdxl.generate(prompt, { ...SMALL, ...A1111, ...options });
		expect(warnings).toEqual([{ code: "syntax-unsupported", what, message: expect.stringMatching(message) }]);
	});

	test("with a profile too, and of one prompt in a list", async () => {
		await using drum = await DrUM.attach(pipelines.sd1, { adapters: fixture("adapters") });
		const { warnings } = await drum.condition(["a cat", "a {red|blue} cat"], A1111);
		expect(warnings).toEqual([expect.objectContaining({ code: "syntax-unsupported", what: "prompt 2 of 2" })]);
	});

	test("plain prompts with such signs are text, and nothing is told", async () => {
		const { warnings } = await pipelines.sd1.generate("a [cat:dog:0.5] <lora:x:1>", SMALL);
		expect(warnings).toEqual([]);
	});
});

describe("what is refused", () => {
	test.each([
		[{ promptSyntax: "compel" }, /^promptSyntax: expected one of plain, a1111/],
		[
			{ ...A1111, negativePrompt: "(fog:200)" },
			/^a weight in negativePrompt: expected a number from −100 to 100, found "200"/,
		],
	])("%j, before anything is loaded", async (options, message) => {
		await expect(pipelines.sd1.checkOptions(options as object)).rejects.toThrow(message);
	});

	test("a prompt of very many chunks", async () => {
		const negative = { ...A1111, negativePrompt: "BREAK ".repeat(100) };
		await expect(pipelines.sdxl.checkOptions(negative)).rejects.toThrow(
			/^negativePrompt: expected one of at most 64 chunks/,
		);
		const call = pipelines.sd1.encodePrompt("BREAK ".repeat(100), A1111);
		await expect(call).rejects.toThrow(/^prompt: expected one of at most 64 chunks of 75 tokens, found 100 chunks/);
	});

	test("a weight that is none, by its option", async () => {
		const call = pipelines.sdxl.generate("a cat", { ...SMALL, ...A1111, prompt2: "a (cat:1.2.3)" });
		await expect(call).rejects.toThrow(/^a weight in prompt2/);
	});
});

describe("an encoder of one's own without promptIds", async () => {
	const clip = pipelines.sd1.encoders.L!;
	const own: TextEncoder = {
		...{ name: "mine", width: clip.width, heads: clip.heads, tokens: clip.tokens, hasClassRow: true },
		fingerprint: "mine",
		tokenize: (prompts) => clip.tokenize(prompts),
		overflow: (prompts) => clip.overflow!(prompts),
		encode: (prompts: readonly string[] | Tensor<"int64">, options) => clip.encode(prompts, options),
		normalize: (rows) => clip.normalize(rows),
		project: (rows) => clip.project(rows),
		release: async () => {},
	};
	const pipeline = await DiffusionPipeline.fromPretrained(fixture("sd1"), { models, encoders: { L: own } });

	test("reads what it can read as it is", async () => {
		const { promptEmbeds } = await pipeline.encodePrompt("a cat", A1111);
		expect(promptEmbeds).toEqual((await pipelines.sd1.encodePrompt("a cat")).promptEmbeds);
	});

	test.each(["a (cat:1.2)", "a cat BREAK a dog", "\\(cat\\)", LONG])("%s is refused", async (prompt) => {
		await expect(pipeline.encodePrompt(prompt, A1111)).rejects.toThrow(
			/^prompt: expected a text that encoder L \(mine\)/,
		);
	});
});
