import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DiffusionPipeline, openParts, usableMemory } from "@drum/pipeline";
import {
	DrUM,
	type GenerateOptions,
	type GenerateResult,
	readPngParameters,
	STABLE_DIFFUSION,
	StableDiffusion,
} from "@drum/pipelines-sd";
import { DrumError, parseSafetensors, serializeSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

const fixture = (name: string) => fileURLToPath(new URL(`../../../test/golden/fixtures/${name}`, import.meta.url));
const lora = (name: string) => fixture(`loras/${name}.safetensors`);
/** The smallest picture: two steps, 32 × 32 pixels. */
const SMALL = { height: 32, width: 32, numInferenceSteps: 2, seed: 7 } as const;
const bytes = ({ images }: GenerateResult) => images.map(({ data }) => Buffer.from(data).toString("base64"));
const draw = (options: GenerateOptions = {}) => sd.generate("a lighthouse", { ...SMALL, ...options }).then(bytes);

let folder: string;
let sd: StableDiffusion;
let plain: string[];
beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), "lora-"));
	sd = await StableDiffusion.fromPretrained(fixture("sd1"));
	plain = await draw();
});
afterAll(async () => {
	await sd.release();
	await rm(folder, { recursive: true });
});
afterEach(async () => {
	for (const { name } of sd.loras) await sd.unloadLora(name);
});

/** A file like one of the fixtures, with other tensors. */
async function changed(name: string, change: (tensors: Record<string, Tensor>) => void): Promise<string> {
	const { tensors, metadata } = parseSafetensors(await readFile(lora(name)), name);
	const all = Object.fromEntries(tensors);
	change(all);
	const path = join(folder, `${Math.random()}.safetensors`);
	await writeFile(path, serializeSafetensors(all, metadata));
	return path;
}

async function failureOf(call: () => Promise<unknown>): Promise<DrumError> {
	const error = await call().then(
		() => expect.fail("nothing was thrown"),
		(reason: unknown) => reason,
	);
	if (!DrumError.is(error)) throw error;
	return error;
}

test("a result names its LoRA with source and scale, until the LoRA is unloaded", async () => {
	const source = lora("sd1-sketch");
	const loaded = await sd.loadLora(source, { scale: 0.5 });
	expect(loaded).toMatchObject({ name: "sd1-sketch", source, scale: 0.5, warnings: [] });
	expect(loaded.format).toMatch(/diffusers|PEFT/);
	expect(sd.loras).toEqual([loaded]);
	const half = await draw();
	expect(half).not.toEqual(plain);
	await sd.unloadLora("sd1-sketch");
	expect(sd.loras).toEqual([]);
	expect(await draw()).toEqual(plain);
	await sd.loadLora(source);
	expect(await draw({ loras: { "sd1-sketch": 0.5 } })).toEqual(half);
});

test("at a scale of 0 a LoRA changes no bit of a picture", async () => {
	await sd.loadLora(lora("sd1-style"), { name: "style" });
	await sd.loadLora(lora("sd1-dora"), { name: "dora", scale: 0 });
	expect(await draw({ loras: { style: 0 } })).toEqual(plain);
	expect(await draw()).not.toEqual(plain);
});

test("simultaneous calls have their own scales, and an unloaded LoRA stays until their pictures are done", async () => {
	await sd.loadLora(lora("sd1-style"), { name: "style" });
	const scales = [1, 0.3, -0.5];
	const alone: string[][] = [];
	for (const style of scales) alone.push(await draw({ loras: { style } }));
	expect(new Set(alone.flat()).size).toBe(3);
	expect(await Promise.all(scales.map((style) => draw({ loras: { style } })))).toEqual(alone);
	const going = draw({ onStep: () => sd.loras.length > 0 && sd.unloadLora("style") });
	const waiting = draw({ loras: { style: 0.3 } });
	expect(await going).toEqual(alone[0]);
	expect(await waiting).toEqual(alone[1]);
	expect(sd.loras).toEqual([]);
	expect(await draw()).toEqual(plain);
});

test("a call uses the LoRAs from when it was made, however long it waits for its turn", async () => {
	const drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
	const profile = await drum.profile([{ prompt: "neon signs" }, { prompt: "woodblock print" }]);
	const personal = { ...SMALL, profile, alpha: 0.5 };
	const drawn = () => [
		sd.generate("a lighthouse", SMALL).then(bytes),
		sd.generate("a lighthouse", { ...SMALL, loras: { sketch: 0.5 } }).then(bytes),
		drum.generate("a lighthouse", personal).then(bytes),
		drum.generate("a lighthouse", { ...personal, loras: { sketch: 0.5 } }).then(bytes),
	];
	await sd.loadLora(lora("sd1-sketch"), { name: "sketch" });
	const expected = await Promise.all(drawn());
	const waiting = drawn();
	const going = sd.unloadLora("sketch");
	const coming = sd.loadLora(lora("sd1-style"), { name: "style" });
	expect(await Promise.all(waiting)).toEqual(expected);
	await Promise.all([going, coming]);
	expect(sd.loras.map(({ name }) => name)).toEqual(["style"]);
});

test("models that are freed load again with their LoRAs", async () => {
	await sd.loadLora(lora("sd1-style"), { name: "style" });
	const before = await draw();
	await sd.release();
	expect(await draw()).toEqual(before);
	await using frugal = await StableDiffusion.fromPretrained(fixture("sd1"), { offload: true });
	await frugal.loadLora(lora("sd1-style"));
	expect(bytes(await frugal.generate("a lighthouse", SMALL))).toEqual(before);
});

test("LoRAs count when memory decides whether models are freed for each other", async () => {
	const parts = await openParts(fixture("sd1"), STABLE_DIFFUSION, {});
	const pipeline = new DiffusionPipeline({ ...parts, kept: usableMemory() - 1000 });
	expect(pipeline.offload).toBe(false);
	const { name, bytes: size } = await pipeline.loadLora(lora("sd1-sketch"));
	expect(size).toBeGreaterThan(1000);
	expect(pipeline.offload).toBe(true);
	await pipeline.unloadLora(name);
	expect(pipeline.offload).toBe(false);
	await pipeline.loadLora(lora("sd1-sketch"));
	expect(new DiffusionPipeline({ ...parts, offload: false, kept: usableMemory() }).offload).toBe(false);
});

test("a picture records the LoRAs that had an effect, and its file does not contain their folders", async () => {
	await sd.loadLora(lora("sd1-style"), { name: "style" });
	await sd.loadLora(lora("sd1-sketch"), { name: "sketch" });
	const { images } = await sd.generate("a lighthouse", { ...SMALL, loras: { style: 0.25, sketch: 0 } });
	const [image] = images;
	expect(image!.parameters.loras).toEqual([{ name: "style", source: lora("sd1-style"), scale: 0.25 }]);
	expect(readPngParameters(await image!.toPng())?.loras).toEqual([
		{ name: "style", source: "sd1-style.safetensors", scale: 0.25 },
	]);
	await sd.unloadLora("style");
	await sd.unloadLora("sketch");
	expect((await sd.generate("a lighthouse", SMALL)).images[0]!.parameters).not.toHaveProperty("loras");
});

test("a folder and its PEFT settings, and one of several files by weightName", async () => {
	const path = join(folder, "adapter");
	await mkdir(path);
	await copyFile(await changed("sd1-sketch", () => {}), join(path, "adapter_model.safetensors"));
	await writeFile(join(path, "adapter_config.json"), JSON.stringify({ peft_type: "LORA", r: 3, lora_alpha: 3 }));
	await sd.loadLora(path);
	expect(sd.loras[0]!.name).toBe("adapter");
	const first = await draw();
	await sd.unloadLora("adapter");
	const several = join(folder, "several");
	await mkdir(several);
	await copyFile(lora("sd1-sketch"), join(several, "a.safetensors"));
	await copyFile(lora("sd1-style"), join(several, "b.safetensors"));
	const error = await failureOf(() => sd.loadLora(several));
	expect(error).toMatchObject({
		code: "argument",
		what: several,
		expected: "the place of one of its files: a.safetensors, b.safetensors",
		next: `Give the file itself, as ${several}/a.safetensors`,
	});
	await sd.loadLora(several, { weightName: "a.safetensors" });
	const { images } = await sd.generate("a lighthouse", SMALL);
	expect(bytes({ images } as GenerateResult)).toEqual(first);
	const told = { name: "several", source: several, weightName: "a.safetensors", scale: 1 };
	expect(images[0]!.parameters.loras).toEqual([told]);
	const named = await failureOf(() => sd.loadLora(lora("sd1-sketch"), { weightName: "a.safetensors" }));
	expect(named).toMatchObject({ code: "argument", what: "weightName" });
});

test("tensors that belong to no layer are named once, and in the pictures' results", async () => {
	const path = await changed("sd1-sketch", (tensors) => {
		const [name] = Object.keys(tensors).filter((each) => each.endsWith("lora_A.weight"));
		for (const factor of ["lora_A", "lora_B"])
			tensors[`unet.elsewhere.${factor}.weight`] = tensors[name!.replace("lora_A", factor)]!;
	});
	const told: string[] = [];
	const { warnings } = await sd.loadLora(path, { name: "odd", onWarning: ({ code }) => told.push(code) });
	expect(told).toEqual(["lora-unused"]);
	expect(warnings).toEqual([
		{
			code: "lora-unused",
			what: "LoRA odd",
			message: expect.stringMatching(/^2 parts .*elsewhere\.lora_A.*elsewhere/),
		},
	]);
	expect((await sd.generate("a lighthouse", SMALL)).warnings).toContainEqual(warnings[0]);
});

test("of many such tensors the first are named, and the number of the others", async () => {
	const path = await changed("sd1-sketch", (tensors) => {
		for (let i = 0; i < 1000; i++) tensors[`extra.${i}`] = { type: "float32", dims: [1], data: new Float32Array(1) };
	});
	const { warnings } = await sd.loadLora(path);
	expect(warnings[0]!.message).toMatch(/^1000 parts .*: extra\.0, extra\.1, extra\.10, 997 more\.$/);
});

test("too large a scale draws nothing, and the error says why", async () => {
	await sd.loadLora(lora("sd1-sketch"), { name: "sketch" });
	await sd.loadLora(lora("sd1-style"), { name: "style", scale: 0.5 });
	const error = await failureOf(() => draw({ loras: { sketch: 1e30 } }));
	expect(error).toMatchObject({ code: "device", expected: "finite numbers" });
	expect(error.next).toContain("sketch 1e+30, style 0.5");
	await expect(draw({ loras: { sketch: 0 } })).resolves.toHaveLength(1);
});

describe("is refused by name, and nothing changes", () => {
	test.each<[string, () => Promise<unknown>, string, RegExp]>([
		[
			"a name that exists already",
			() => sd.loadLora(lora("sd1-style"), { name: "sketch" }),
			"argument",
			/LoRA sketch.*unload/,
		],
		[
			"a scale that is not a number",
			() => sd.loadLora(lora("sd1-style"), { scale: Number.NaN }),
			"argument",
			/scale.*finite/,
		],
		["a scale beyond float32", () => sd.loadLora(lora("sd1-style"), { scale: 1e39 }), "argument", /scale.*finite/],
		["a scale of null", () => sd.loadLora(lora("sd1-style"), { scale: null as never }), "argument", /scale.*null/],
		["an empty name", () => sd.loadLora(lora("sd1-style"), { name: "" }), "argument", /name.*found ""/],
		["a place without a name", () => sd.loadLora("/"), "argument", /name.*option name/],
		["a missing place", () => sd.loadLora(undefined as never), "argument", /loadLora: expected a LoRA's place/],
		["an unknown option", () => sd.loadLora(lora("sd1-style"), { sclae: 1 } as object), "argument", /sclae/],
		["an unknown name in a call", () => draw({ loras: { stile: 1 } }), "argument", /"stile".*one of sketch/],
		["a call's scale", () => draw({ loras: { sketch: 1 / 0 } }), "argument", /loras\.sketch.*finite/],
		["a call's scales", () => draw({ loras: 0.8 as never }), "argument", /loras: expected scales by name/],
		["encodePrompt's name", () => sd.encodePrompt("a", { loras: { stile: 1 } }), "argument", /"stile"/],
		["unloading an unknown name", () => sd.unloadLora("stile"), "argument", /"stile".*one of sketch/],
		["a missing file", () => sd.loadLora(join(folder, "none.safetensors")), "argument", /no such file/],
		["one for another family", () => sd.loadLora(lora("sdxl-style")), "checkpoint", /Stable Diffusion XL/],
		["one for a transformer", () => sd.loadLora(lora("flux-style")), "checkpoint", /FLUX/],
		["a file that is not a LoRA", () => sd.loadLora(fixture("adapters/weight/L.safetensors")), "checkpoint", /LoRA/],
	])("%s", async (_, call, code, message) => {
		await sd.loadLora(lora("sd1-sketch"), { name: "sketch" });
		const error = await failureOf(call);
		expect(error.message).toMatch(message);
		expect(error.code).toBe(code);
		expect(sd.loras.map(({ name }) => name)).toEqual(["sketch"]);
	});

	test.each<[string, (tensors: Record<string, Tensor>) => void, RegExp]>([
		[
			"a factor of another shape",
			(tensors) => {
				const name = Object.keys(tensors).find((each) => each.endsWith("to_q.lora_A.weight"))!;
				const { data, dims } = tensors[name]!;
				tensors[name] = { type: "float16", dims: [dims[0]! * 2, dims[1]! / 2], data } as Tensor;
			},
			/to_q.*expected .*found/,
		],
		[
			"what is no number",
			(tensors) => {
				(Object.values(tensors)[3]!.data as Uint16Array)[5] = 0x7e00;
			},
			/weight unet\..*finite numbers.*NaN/,
		],
	])("%s", async (_, change, message) => {
		const path = await changed("sd1-sketch", change);
		const error = await failureOf(() => sd.loadLora(path));
		expect(error.message).toMatch(message);
		expect(error.code).toBe("checkpoint");
		expect(sd.loras).toEqual([]);
	});

	test("a file that was cut off", async () => {
		const path = join(folder, "cut.safetensors");
		await writeFile(path, (await readFile(lora("sd1-sketch"))).subarray(0, 20_000));
		expect((await failureOf(() => sd.loadLora(path))).code).toBe("checkpoint");
	});

	test("one that is loaded twice at the same time, under one name", async () => {
		const both = await Promise.allSettled([1, 2].map(() => sd.loadLora(lora("sd1-sketch"))));
		expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
		expect(sd.loras).toHaveLength(1);
	});
});

describe("a profile depends on the LoRAs of its text encoders", () => {
	const history = [{ prompt: "neon signs over a rainy street", intensity: 4 }, { prompt: "woodblock print" }];
	const personal = { alpha: 0.6, ...SMALL };

	test("on their content and scale, not on those of the denoiser", async () => {
		const drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
		const before = await drum.profile(history);
		const first = bytes(await drum.generate("a lighthouse", { ...personal, profile: before }));
		await sd.loadLora(lora("sd1-sketch"), { name: "sketch", scale: 0 });
		expect(bytes(await drum.generate("a lighthouse", { ...personal, profile: before }))).toEqual(first);
		await drum.generate("a lighthouse", { ...personal, profile: before, loras: { sketch: 1 } });

		await sd.loadLora(lora("sd1-style"), { name: "style", scale: 0.8 });
		const refused = await failureOf(() => drum.generate("a lighthouse", { ...personal, profile: before }));
		expect(refused.message).toMatch(
			/^profile: expected one made with .*the LoRAs of this call.*found one made without LoRAs.*Make it/,
		);
		expect((await failureOf(() => drum.condition("a", { profile: before }))).what).toBe("profile");
		expect((await failureOf(() => drum.loadProfile(before.toBytes()))).what).toBe("profile");
		expect((await failureOf(() => drum.extend(before, [{ prompt: "more" }]))).what).toBe("profile");
		const off = { loras: { style: 0 } };
		expect(bytes(await drum.generate("a lighthouse", { ...personal, profile: before, ...off }))).toEqual(first);
		await drum.loadProfile(before.toBytes(), off);
		await drum.extend(before, [{ prompt: "more" }], off);

		const under = await drum.profile(history);
		const drawn = bytes(await drum.generate("a lighthouse", { ...personal, profile: under }));
		expect(drawn).not.toEqual(first);
		const other = await failureOf(() => drum.condition("a", { profile: under, loras: { style: 0.5 } }));
		expect(other.message).toMatch(/other LoRAs or other scales/);
		expect((await failureOf(() => drum.condition("a", { profile: under, ...off }))).message).toMatch(
			/expected .*without LoRAs, found one made with LoRAs\./,
		);
		// The same LoRA, loaded again under another name.
		await sd.unloadLora("style");
		await sd.loadLora(lora("sd1-style"), { name: "again", scale: 0.8 });
		const kept = await drum.loadProfile(under.toBytes({ dtype: "float32" }));
		expect(bytes(await drum.generate("a lighthouse", { ...personal, profile: kept }))).toEqual(drawn);
	});

	test("cached states do not mix scales", async () => {
		const drum = await DrUM.attach(sd, { adapters: fixture("adapters") });
		await sd.loadLora(lora("sd1-style"), { name: "style" });
		const conditions = async (loras: Record<string, number>) => {
			const profile = await drum.profile(history, { loras });
			return (await drum.condition("a lighthouse", { profile, alpha: 0.6, loras })).promptEmbeds.data;
		};
		const [half, whole] = [await conditions({ style: 0.5 }), await conditions({ style: 1 })];
		expect(whole).not.toEqual(half);
		await drum.release();
		const other = await DrUM.attach(sd, { adapters: fixture("adapters") });
		const profile = await other.profile(history, { loras: { style: 1 } });
		const again = await other.condition("a lighthouse", { profile, alpha: 0.6, loras: { style: 1 } });
		expect(again.promptEmbeds.data).toEqual(whole);
	});
});
