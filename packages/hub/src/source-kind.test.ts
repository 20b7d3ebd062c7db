import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CheckpointError, serializeSafetensors } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepository, sourceKind } from "./index.ts";

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "kind-"));
});
afterEach(() => rm(root, { recursive: true }));

const tensors = (...names: string[]) =>
	serializeSafetensors(
		Object.fromEntries(names.map((name) => [name, { type: "uint8", dims: [0], data: new Uint8Array() }])),
	);

async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
	for (const [path, content] of Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), content);
	}
	return root;
}

const POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n";
const shaped = (shapes: Readonly<Record<string, readonly number[]>>) =>
	serializeSafetensors(
		Object.fromEntries(
			Object.entries(shapes).map(([name, dims]) => [name, { type: "uint8", dims, data: new Uint8Array() }]),
		),
	);
/** No rows, but the widths by which it is known. */
const SINGLE = shaped({
	"model.diffusion_model.input_blocks.0.0.weight": [0, 4],
	"model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [0, 2048],
	"conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight": [0, 768],
});

describe("a folder that is not a checkpoint", () => {
	it.each<[Record<string, string | Uint8Array>, string, string]>([
		[{}, "an empty folder", "Check the path"],
		[{ "pytorch_lora_weights.safetensors": tensors("unet.x.lora_A.weight") }, "a LoRA", "loadLora"],
		[
			{ "adapter_config.json": "{}", "adapter_model.safetensors": tensors("base.x.lora_A.weight") },
			"a LoRA",
			"loadLora",
		],
		[{ "sd_xl_base_1.0.safetensors": SINGLE }, "Stable Diffusion XL in one file", "the file itself"],
		[{ "v1-5-pruned.safetensors": POINTER }, "a git-lfs pointer", "git lfs pull"],
		[{ "v1-5-pruned.ckpt": "x", "README.md": "" }, "pickled weights (v1-5-pruned.ckpt)", "can run code"],
		[{ "flux1-dev-Q4_0.gguf": "GGUF" }, "GGUF weights (flux1-dev-Q4_0.gguf)", "safetensors"],
		[{ "weight/L.safetensors": tensors("base_query") }, "adapters of DrUM", "as the adapters"],
		[{ "config.json": '{"_class_name":"ControlNetModel"}', "x.safetensors": "" }, "a ControlNet", "leave it out"],
		[{ "config.json": '{"_class_name":"UNet2DConditionModel"}' }, "a UNet2DConditionModel of diffusers", "the whole"],
		[{ "config.json": '{"architectures":["CLIPModel"]}' }, "a model of transformers, CLIPModel", "model_index.json"],
		[{ "config.json": '{"model_type":"llama"}' }, "a model of transformers, llama", "model_index.json"],
		[
			{ "snapshots/abc/model_index.json": "{}" },
			"the folder above a checkpoint",
			"Give the folder of snapshots/abc/model_index.json",
		],
		[{ "unet/model.onnx": "x" }, "an ONNX model (unet/model.onnx)", "safetensors"],
	])("%j is recognised, with advice", async (files, is, next) => {
		const kind = await sourceKind(await openRepository(await folder(files)));
		expect(kind?.is).toContain(is);
		expect(kind?.next).toContain(next);
	});

	it("with a git-lfs pointer as its configuration: the error says so", async () => {
		const kind = sourceKind(await openRepository(await folder({ "config.json": POINTER })));
		await expect(kind).rejects.toBeInstanceOf(CheckpointError);
		await expect(kind).rejects.toThrow("git lfs pull");
	});

	it("with a configuration that is too large: the error says so", async () => {
		const large = await folder({ "config.json": "{" });
		await truncate(join(large, "config.json"), 64_000_001);
		await expect(sourceKind(await openRepository(large))).rejects.toThrow("at most 64000000 bytes");
	});

	it("of an unknown kind gives undefined", async () => {
		expect(
			await sourceKind(await openRepository(await folder({ "a.safetensors": tensors("a"), b: "" }))),
		).toBeUndefined();
		expect(await sourceKind(await openRepository(await folder({ "a.safetensors": "damaged" })))).toBeUndefined();
	});
});

describe("a file in place of a folder", () => {
	it.each<[string, string | Uint8Array, string, string]>([
		["sdxl.safetensors", SINGLE, "a file: a checkpoint of Stable Diffusion XL in one file", "the file itself"],
		["lora.safetensors", tensors("lora_unet_x.lora_up.weight"), "a file: a LoRA", "loadLora"],
		["v1-5.ckpt", "PK\x03\x04", "a file: a zip archive", "Unpack"],
		["old.ckpt", "x", "a file: pickled weights", "can run code"],
		["model.safetensors", POINTER, "a file: a git-lfs pointer in place of the file", "git lfs pull"],
		["model_index.json", "{}", "a file", "Give the folder that holds it"],
	])("%s is recognised, with advice", async (name, content, found, next) => {
		await folder({ [name]: content });
		await expect(openRepository(join(root, name))).rejects.toMatchObject({
			code: "argument",
			found,
			next: expect.stringContaining(next),
		});
	});
});
