import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Condition, DiffusionPipeline, DrUM, type TextualInversionOptions } from "@drum/pipeline";
import { FLUX } from "@drum/pipelines-flux";
import { STABLE_DIFFUSION } from "@drum/pipelines-sd";
import { float32, type Tensor, type TextEncoder } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";

// What surrounds textual inversions: where they are from, how they come and go, profiles, and what is refused. Their numbers are in
// test/golden/textual-inversion.test.ts.

const fixture = (name: string) => fileURLToPath(new URL(`../golden/fixtures/${name}`, import.meta.url));
const file = (name: string) => fixture(`inversions/${name}.safetensors`);
const models = [...STABLE_DIFFUSION, ...FLUX];
const open = (kind: string, more: object = {}) => DiffusionPipeline.fromPretrained(fixture(kind), { models, ...more });
const folder = await mkdtemp(join(tmpdir(), "drum-inversions-"));
afterAll(() => rm(folder, { recursive: true }));

const SMALL = { height: 32, width: 32, numInferenceSteps: 1, seed: 1 };
const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

async function saved(name: string, tensors: Record<string, Tensor>): Promise<string> {
	const path = join(folder, name);
	await writeSafetensors(path, tensors);
	return path;
}

function cosine(a: Float32Array, b: Float32Array): number {
	const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
	return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const embeds = async (condition: Promise<Condition>) => (await condition).promptEmbeds.data;

describe("loading", () => {
	test("takes the token that a diffusers file names, or the file's name, or the one given", async () => {
		await using pipeline = await open("sd1");
		expect(await pipeline.loadTextualInversion(file("cat-toy/learned_embeds"))).toEqual({
			...{ token: "<cat-toy>", source: file("cat-toy/learned_embeds"), vectors: 1, encoders: ["L"] },
		});
		await pipeline.loadTextualInversion(file("easynegative"));
		await pipeline.loadTextualInversion(file("easynegative"), { token: "<mine>" });
		expect(pipeline.textualInversions.map(({ token, vectors }) => [token, vectors])).toEqual([
			["<cat-toy>", 1],
			["easynegative", 2],
			["<mine>", 2],
		]);
		const [own, mine] = await Promise.all(
			["easynegative", "<mine>"].map((prompt) => embeds(pipeline.encodePrompt(prompt))),
		);
		expect(own).toEqual(mine);
	});

	test("finds the file of a folder: of the usual name, the only one, or the one named", async () => {
		const source = join(folder, "concept");
		await mkdir(source);
		await cp(file("cat-toy/learned_embeds"), join(source, "any.safetensors"));
		await using pipeline = await open("sd1");
		await pipeline.loadTextualInversion(source);
		await cp(file("style"), join(source, "learned_embeds.safetensors"));
		await pipeline.loadTextualInversion(source);
		await pipeline.loadTextualInversion(source, { weightName: "any.safetensors", token: "<again>" });
		expect(pipeline.textualInversions.map(({ token }) => token)).toEqual(["<cat-toy>", "<My-Style>", "<again>"]);
	});

	test("with the checkpoint is the same as after it", async () => {
		await using first = await open("sdxl", { textualInversions: [{ source: file("y2k"), token: "<y2k>" }] });
		await using then = await open("sdxl");
		await then.loadTextualInversion(file("y2k"), { token: "<y2k>" });
		expect(first.textualInversions).toEqual(then.textualInversions);
		expect(first.textualInversions).toMatchObject([{ encoders: ["L", "bigG"], vectors: 2 }]);
		const [a, b] = await Promise.all([first, then].map((pipeline) => embeds(pipeline.encodePrompt("a <y2k> cat"))));
		expect(a).toEqual(b);
	});

	test("a token has weights as any other, and all of its vectors", async () => {
		await using pipeline = await open("sd1", { textualInversions: [{ source: file("style") }] });
		expect(pipeline.encoders.L!.promptIds!.of(["a <My-Style>, <my-style>"])[0]).toHaveLength(8);
		const A1111 = { promptSyntax: "a1111" } as const;
		const plain = await embeds(pipeline.encodePrompt("a <my-style> cat", A1111));
		expect(await embeds(pipeline.encodePrompt("a <my-style> cat"))).toEqual(plain);
		expect(await embeds(pipeline.encodePrompt("a (<my-style>:1.4) cat", A1111))).not.toEqual(plain);
	});

	test("an encoder in 8 bits takes the rows as they are", async () => {
		const textualInversions = [{ source: file("vase"), token: "<vase>" }];
		const cacheDir = join(folder, "cache");
		await using small = await open("flux", { dtype: { T5: "int8" }, cacheDir, textualInversions });
		await using whole = await open("flux", { textualInversions });
		const [found, expected, without] = await Promise.all([
			embeds(small.encodePrompt("a <vase>", { maxSequenceLength: 16 })),
			embeds(whole.encodePrompt("a <vase>", { maxSequenceLength: 16 })),
			embeds(whole.encodePrompt("a vase", { maxSequenceLength: 16 })),
		]);
		expect(cosine(found, expected)).toBeGreaterThan(0.99);
		expect(cosine(without, expected)).toBeLessThan(0.9);
	});

	test("waits for the picture that is being drawn", async () => {
		await using pipeline = await open("sd1");
		const expected = await pipeline.generate("a <cat-toy>", SMALL);
		const order: string[] = [];
		const drawing = pipeline.generate("a <cat-toy>", { ...SMALL, onStep: () => void order.push("step") });
		const loading = pipeline.loadTextualInversion(file("cat-toy/learned_embeds")).then(() => order.push("loaded"));
		expect((await drawing).images[0]!.data).toEqual(expected.images[0]!.data);
		await loading;
		expect(order).toEqual(["step", "loaded"]);
		expect((await pipeline.generate("a <cat-toy>", SMALL)).images[0]!.data).not.toEqual(expected.images[0]!.data);
	});
});

test("calls that were made before a token goes have it, with pictures to read too", async () => {
	await using pipeline = await open("sd1");
	const image = { data: new Uint8Array(32 * 32 * 3).fill(90), width: 32, height: 32 };
	const prompt = "a <first> door";
	const drawn = () =>
		[{}, { image, strength: 0.9 }, { promptSyntax: "a1111" as const }].map(async (options) => {
			const { images } = await pipeline.generate(prompt, { ...SMALL, ...options, numInferenceSteps: 2 });
			return images[0]!.data;
		});
	await pipeline.loadTextualInversion(file("first"));
	const learned = await Promise.all(drawn());
	const before = drawn();
	const gone = pipeline.unloadTextualInversion("<first>");
	expect(await Promise.all(before)).toEqual(learned);
	await gone;
	expect((await Promise.all(drawn()))[0]).not.toEqual(learned[0]);
});

test("unloading leaves all as it was", async () => {
	await using pipeline = await open("sdxl");
	const before = await pipeline.encodePrompt("a <first> cat");
	const prints = Object.values(pipeline.encoders).map(({ fingerprint }) => fingerprint);
	await pipeline.loadTextualInversion(file("first"));
	await pipeline.loadTextualInversion(file("y2k"), { token: "<y2k>" });
	const y2k = await embeds(pipeline.encodePrompt("a <y2k> cat"));
	expect(await embeds(pipeline.encodePrompt("a <first> cat"))).not.toEqual(before.promptEmbeds.data);
	await pipeline.unloadTextualInversion("<first>");
	expect(await embeds(pipeline.encodePrompt("a <first> cat"))).toEqual(before.promptEmbeds.data);
	expect(await embeds(pipeline.encodePrompt("a <y2k> cat"))).toEqual(y2k);
	await pipeline.unloadTextualInversion("<y2k>");
	expect(Object.values(pipeline.encoders).map(({ fingerprint }) => fingerprint)).toEqual(prints);
	expect(pipeline.textualInversions).toEqual([]);
	await expect(pipeline.unloadTextualInversion("<y2k>")).rejects.toThrow(/^token: expected a token that is loaded/);
});

describe("profiles", async () => {
	const pipeline = await open("sd1");
	afterAll(() => pipeline.release());
	const drum = await DrUM.attach(pipeline, { adapters: fixture("adapters") });

	test("whose prompts have no learned token stay as they are; the others belong to it", async () => {
		const plain = await drum.profile([{ prompt: "a red cat" }, { prompt: "neon" }]);
		const before = await drum.condition("a house", { profile: plain });
		await pipeline.loadTextualInversion(file("cat-toy/learned_embeds"));
		const after = await drum.condition("a house", { profile: plain });
		expect(after.promptEmbeds).toEqual(before.promptEmbeds);
		const learned = await drum.profile([{ prompt: "a <cat-toy>" }, { prompt: "neon" }]);
		const bytes = learned.toBytes();
		await drum.loadProfile(bytes);
		await pipeline.loadTextualInversion(file("style"));
		await drum.loadProfile(bytes);
		await pipeline.unloadTextualInversion("<cat-toy>");
		await expect(drum.loadProfile(bytes)).rejects.toThrow(
			/^profile: expected one made with loaded textual inversions, found one made with one that is not/,
		);
		await expect(drum.condition("a house", { profile: learned })).rejects.toThrow(
			/Load only the textual inversions that it was made with/,
		);
		// Another inversion under the same name is another token.
		await pipeline.loadTextualInversion(file("style"), { token: "<cat-toy>" });
		await expect(drum.loadProfile(bytes)).rejects.toThrow(
			/expected one made with the loaded textual inversion <cat-toy>, found one made with others/,
		);
		expect((await drum.loadProfile(plain.toBytes())).references).toHaveLength(2);
	});

	test("with a token as plain text are refused once that token is loaded, and valid again after it is unloaded", async () => {
		const bytes = (await drum.profile([{ prompt: "a <late> cat" }, { prompt: "a <later> dog" }])).toBytes();
		const refused = (names: string) =>
			new RegExp(`inversion ${names}, found one made without it: .*\\. Unload ${names}, or make`);
		await pipeline.loadTextualInversion(file("style"), { token: "<late>" });
		await expect(drum.loadProfile(bytes)).rejects.toThrow(refused("<late>"));
		const first = (await drum.profile([{ prompt: "a <late> cat" }, { prompt: "a <later> dog" }])).toBytes();
		await pipeline.loadTextualInversion(file("style"), { token: "<later>" });
		await expect(drum.loadProfile(bytes)).rejects.toThrow(refused("<late> and <later>"));
		await expect(drum.loadProfile(first)).rejects.toThrow(refused("<later>"));
		await pipeline.unloadTextualInversion("<later>");
		await drum.loadProfile(first);
		await pipeline.unloadTextualInversion("<late>");
		await drum.loadProfile(bytes);
	});

	test("a picture tells the tokens, and no paths", async () => {
		const { images } = await drum.generate("a house", SMALL);
		expect(images[0]!.parameters.textualInversions).toEqual(pipeline.textualInversions.map(({ token }) => token));
	});
});

describe("what is refused, and changes nothing", async () => {
	const [sd1, sdxl] = await Promise.all([open("sd1"), open("sdxl")]);
	await sd1.loadTextualInversion(file("cat-toy/learned_embeds"));
	afterAll(async () => {
		await sd1.release();
		await sdxl.release();
	});
	const loaded = sd1.textualInversions;
	const print = sd1.encoders.L!.fingerprint;
	const tensor = float32(numbers(64), [2, 32]);
	const broken = numbers(64);
	broken[5] = Number.NaN;
	const paths = {
		nan: await saved("nan.safetensors", { "<nan>": float32(broken, [2, 32]) }),
		wide: await saved("wide.safetensors", { "<wide>": float32(numbers(768), [1, 768]) }),
		deep: await saved("deep.safetensors", { "<deep>": float32(numbers(32), [1, 1, 32]) }),
		several: await saved("several.safetensors", { "<a>": tensor, "<b>": tensor }),
		lora: await saved("lora.safetensors", {
			"lora_unet_x.lora_up.weight": tensor,
			"lora_unet_x.lora_down.weight": tensor,
		}),
		ints: await saved("ints.safetensors", { "<i>": { type: "int64", dims: [32], data: new BigInt64Array(32) } }),
		none: await saved("none.safetensors", {}),
		pickle: join(folder, "old.pt"),
		pickles: join(folder, "pickles"),
		two: join(folder, "two"),
		cut: join(folder, "cut.safetensors"),
	};
	await writeFile(paths.pickle, Buffer.from("80027d71", "hex"));
	await writeFile(paths.cut, Buffer.from("ff00000000000000", "hex"));
	for (const name of [paths.pickles, paths.two]) await mkdir(name);
	await writeFile(join(paths.pickles, "learned_embeds.bin"), Buffer.from("80027d71", "hex"));
	for (const name of ["a", "b"]) await cp(file("cat-toy/learned_embeds"), join(paths.two, `${name}.safetensors`));

	test.each<[string, string, TextualInversionOptions | object, RegExp]>([
		[
			"a token that is loaded",
			file("cat-toy/learned_embeds"),
			{},
			/^token: expected a token that is not empty and is new to the tokenizer .*<cat-toy>", which exists already/,
		],
		["one that the tokenizer has", file("style"), { token: "!" }, /^token: .*which exists already/],
		["an empty token", file("style"), { token: "" }, /^token: /],
		["a token that is no text", file("style"), { token: 3 }, /^token: expected a string/],
		["rows with what is no number", paths.nan, {}, /expected finite numbers, found NaN/],
		[
			"rows of another model",
			paths.wide,
			{},
			/expected rows as wide as this model's encoder: 32 \(L\), found <wide> \[1, 768\].*Stable Diffusion 1/,
		],
		["rows of two encoders", file("y2k"), { token: "<y2k>" }, /for an encoder bigG that it has not/],
		["a tensor of three dimensions", paths.deep, {}, /expected one tensor \[vectors, width\].*\[1, 1, 32\]/],
		["two tokens in one file", paths.several, {}, /found 2 tensors: /],
		["a LoRA", paths.lora, {}, /found a LoRA\..*loadLora/],
		["integers", paths.ints, {}, /found "<i>", int64/],
		["a file of nothing", paths.none, {}, /found 0 tensors/],
		["a pickle", paths.pickle, {}, /pickle/],
		["a folder of pickles", paths.pickles, {}, /pickled weights \(learned_embeds\.bin\)/],
		[
			"a folder of several",
			paths.two,
			{},
			/: expected the place of one of its files: a\.safetensors, b\.safetensors.*Give the file itself, as .*a\.safetensors$/,
		],
		["a file that was cut off", paths.cut, {}, /cut\.safetensors/],
		["a place that is none", "", {}, /^loadTextualInversion: expected .*place.*found ""/],
		["a file's name beside a file", file("style"), { weightName: "a" }, /^weightName: expected none/],
		["no file", join(folder, "nowhere.safetensors"), {}, /no such file/],
		["an unknown option", file("style"), { name: "x" }, /^option name of loadTextualInversion/],
		["an encoder that the model has not", file("style"), { encoder: "T5" }, /^encoder: expected one of L/],
	])("%s", async (_, source, options, message) => {
		await expect(sd1.loadTextualInversion(source, options as TextualInversionOptions)).rejects.toThrow(message);
		expect(sd1.textualInversions).toEqual(loaded);
		expect(sd1.encoders.L!.fingerprint).toBe(print);
	});

	test("where the second encoder refuses, the first has not learned it either", async () => {
		const { L, bigG } = sdxl.encoders;
		const own = float32(numbers(L!.width), [1, L!.width]);
		const source = await saved("half.safetensors", { clip_l: own, clip_g: float32(numbers(5), [1, 5]) });
		const before = [L!.fingerprint, bigG!.fingerprint];
		await expect(sdxl.loadTextualInversion(source)).rejects.toThrow(/rows as wide as/);
		await sdxl.loadTextualInversion(
			await saved("big.safetensors", { clip_g: float32(numbers(bigG!.width), [1, bigG!.width]) }),
			{ token: "<taken>" },
		);
		const both = await saved("both.safetensors", {
			clip_l: own,
			clip_g: float32(numbers(bigG!.width), [1, bigG!.width]),
		});
		await expect(sdxl.loadTextualInversion(both, { token: "<taken>" })).rejects.toThrow(/^token: /);
		expect([L!.fingerprint, L!.learnedTokens]).toEqual([before[0], []]);
	});

	test("of an encoder that cannot learn, by its name", async () => {
		const L = sd1.encoders.L!;
		const mine: TextEncoder = {
			...{ name: "mine", fingerprint: "mine", width: L.width, heads: L.heads, tokens: L.tokens, hasClassRow: true },
			tokenize: (prompts) => L.tokenize(prompts),
			encode: (prompts: readonly string[] | Tensor<"int64">) => L.encode(prompts),
			normalize: (rows) => L.normalize(rows),
			project: (rows) => L.project(rows),
			release: async () => {},
		};
		await using pipeline = await open("sd1", { encoders: { L: mine } });
		await expect(pipeline.loadTextualInversion(file("style"))).rejects.toThrow(
			/expected an encoder with the method learn, found encoder L \(mine\) without it\. Open the checkpoint with its own encoder L$/,
		);
	});

	test.each([[{}], [[{}]], [[{ source: 3 }]], [[{ source: "" }]], [[{ source: "x", name: "y" }]]])(
		"an opening with %j",
		async (list) => {
			await expect(open("sd1", { textualInversions: list })).rejects.toThrow(/textualInversions/);
		},
	);
});
