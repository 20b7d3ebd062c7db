import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ArgumentError, CheckpointError, float32, type Tensor } from "@drum/tensor";
import { writeSafetensors } from "@drum/tensor/node";
import { expectClose } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import { CLIPImageEncoder, CLIPTextEncoder } from "./index.ts";
import { writing } from "./testing/checkpoints.ts";
import { described, golden, weightsOfConfig } from "./testing/golden-vision.ts";
import { picture } from "./testing/pictures.ts";

// Oracle: transformers' CLIPModel and CLIPVisionModelWithProjection in float32, by tooling/golden/clip_vision.py.

const { folder, write } = await writing();
const TOKENIZER = fileURLToPath(new URL("../../../test/golden/fixtures/sd1/tokenizer/", import.meta.url));
const { patch8 } = described.configs;
const WEIGHTS = weightsOfConfig(patch8);

/** A checkpoint's folder in the hub's layout. */
async function folderOf(
	name: string,
	config: Record<string, unknown>,
	preprocessor: unknown,
	weights: Record<string, Tensor> = weightsOfConfig(config),
): Promise<string> {
	const path = join(folder, name);
	await mkdir(path);
	await writeFile(join(path, "config.json"), JSON.stringify(config));
	if (preprocessor) await writeFile(join(path, "preprocessor_config.json"), JSON.stringify(preprocessor));
	await writeSafetensors(join(path, "model.safetensors"), weights);
	return path;
}

async function open(path: string): Promise<CLIPImageEncoder> {
	const encoder = await CLIPImageEncoder.fromPretrained(path);
	afterAll(() => encoder.release());
	return encoder;
}

const { old: oldCase, new: newCase } = described.cases;
const whole = await folderOf("whole", patch8, oldCase!.preprocessor);
await cp(TOKENIZER, whole, { recursive: true });
const encoder = await open(whole);
const pictures = oldCase!.pictures.map((size) => picture(...size));

describe("image features", () => {
	test("of a whole model with an old preprocessor_config.json", async () => {
		expect(encoder.features).toBe(24);
		expectClose(await encoder.encode(pictures), golden("patch8.old"));
	});

	test("of gray, transparent and large pictures, with a new one", async () => {
		const newer = await open(await folderOf("newer", patch8, newCase!.preprocessor));
		expectClose(await newer.encode(newCase!.pictures.map((size) => picture(...size))), golden("patch8.new"));
	});

	test.each(["patch14", "real"] as const)("of an image encoder alone: %s", async (name) => {
		const alone = await open(await folderOf(name, described.configs[name], undefined));
		const images = described.sizes[name].map((size) => picture(...size));
		expectClose(await alone.encode(images), golden(`${name}.images`));
		await alone.release();
	});

	test("of many pictures are the same as of each alone", async () => {
		const all = await encoder.encode(pictures);
		for (const [i, image] of pictures.entries()) {
			const one = await encoder.encode([image]);
			const row = all.data.slice(i * encoder.features, (i + 1) * encoder.features);
			expectClose(one, float32(row, [1, encoder.features]), { absolute: 2e-6, relative: 0 });
		}
	});

	test("of no pictures are an empty tensor", async () => {
		expect(await encoder.encode([])).toEqual(float32(new Float32Array(0), [0, 24]));
	});

	test("from float16 weights are the same, because the weights are exact in float16", async () => {
		const halved = await open(
			await folderOf("halved", patch8, oldCase!.preprocessor, weightsOfConfig(patch8, "float16")),
		);
		const found = await halved.encode(pictures);
		expectClose(found, golden("patch8.old"));
	});

	test("of an ImageData's clamped bytes are the same", async () => {
		const image = picture(32, 47, 3);
		const clamped = { ...image, data: Uint8ClampedArray.from(image.data) };
		expect(await encoder.encode([clamped])).toEqual(await encoder.encode([image]));
	});

	test("can be computed again after a release", async () => {
		const before = await encoder.encode(pictures.slice(0, 1));
		await encoder.release();
		expect(await encoder.encode(pictures.slice(0, 1))).toEqual(before);
	});

	test("report progress", async () => {
		const counts: number[][] = [];
		await encoder.encode([...pictures, ...pictures], { onProgress: (...each) => counts.push(each) });
		expect(counts.at(-1)).toEqual([18, 18]);
		expect(counts.length).toBeGreaterThan(1);
	});

	test("stop with the signal's reason", async () => {
		const reason = new Error("enough");
		const stopped = AbortSignal.abort(reason);
		await expect(encoder.encode(pictures, { signal: stopped })).rejects.toBe(reason);
		const controller = new AbortController();
		const stop = () => controller.abort(reason);
		const running = encoder.encode([...pictures, ...pictures], { signal: controller.signal, onProgress: stop });
		await expect(running).rejects.toBe(reason);
	});

	test("need pictures: an error names the first other value before anything is loaded", async () => {
		const wrong = { width: 3, height: 3, data: new Uint8Array(7) };
		await expect(encoder.encode([pictures[0]!, wrong])).rejects.toThrow(ArgumentError);
		await expect(encoder.encode([pictures[0]!, wrong])).rejects.toThrow("image 1");
	});
});

describe("the text tower of the same folder", () => {
	test("gives the features of transformers' get_text_features", async () => {
		const text = await CLIPTextEncoder.fromPretrained(whole);
		afterAll(() => text.release());
		expectClose((await text.encode(described.prompts)).features!, golden("patch8.text"));
	});

	test("needs a tokenizer, and an error names a missing one", async () => {
		const bare = await folderOf("bare", patch8, oldCase!.preprocessor);
		await expect(CLIPTextEncoder.fromPretrained(bare)).rejects.toThrow(
			/expected tokenizer\.json, or vocab\.json and merges\.txt/,
		);
	});
});

describe("a checkpoint that does not fit is refused", () => {
	const create = async (change: object, weights: Record<string, Tensor> = WEIGHTS) =>
		CLIPImageEncoder.create({ name: "clip", config: patch8, weights: await write(weights), ...change });

	test("a missing weight, by its name", async () => {
		const { "visual_projection.weight": _, ...rest } = WEIGHTS;
		await expect(create({}, rest)).rejects.toThrow(/visual_projection\.weight/);
	});

	test("a weight of another shape", async () => {
		const config = { ...patch8, vision_config: { ...(patch8.vision_config as object), patch_size: 16 } };
		await expect(create({ config })).rejects.toThrow(/patch_embedding\.weight.*expected \[40, 3, 16, 16\]/);
	});

	test.each([
		[{ crop_size: 24 }, "24 × 24"],
		[{ do_center_crop: false }, "pictures of any size"],
		[{ do_center_crop: false, size: { height: 40, width: 32 } }, "32 × 40"],
		[{ do_center_crop: false, do_resize: false }, "pictures of any size"],
	])("a preprocessor %j, which makes pictures of another size", async (preprocessor, found) => {
		const call = create({ preprocessor });
		await expect(call).rejects.toThrow(CheckpointError);
		await expect(call).rejects.toThrow(`expected pictures of 32 × 32, as config.json says, found ${found}`);
	});

	test("a text encoder's folder", async () => {
		const { vision_config: _, ...text } = patch8;
		const path = await folderOf("text", { ...(text.text_config as object) }, undefined, {
			"text_model.final_layer_norm.bias": float32(new Float32Array(32), [32]),
		});
		await expect(CLIPImageEncoder.fromPretrained(path)).rejects.toThrow(/vision_model/);
	});

	test("a config.json that is not JSON", async () => {
		const path = join(folder, "broken");
		await mkdir(path);
		await writeFile(join(path, "config.json"), "{");
		await expect(CLIPImageEncoder.fromPretrained(path)).rejects.toThrow(CheckpointError);
	});
});
