import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CheckpointError } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepository, pickWeights } from "./index.ts";

let root: string;
beforeEach(async () => {
	root = await mkdtemp(join(tmpdir(), "weights-"));
});
afterEach(() => rm(root, { recursive: true }));

async function checkpoint(files: Record<string, string> | readonly string[]) {
	for (const [path, text] of Array.isArray(files) ? files.map((path) => [path, ""]) : Object.entries(files)) {
		await mkdir(dirname(join(root, path)), { recursive: true });
		await writeFile(join(root, path), text);
	}
	return openRepository(root);
}

const STEM = "diffusion_pytorch_model";
const index = (...shards: unknown[]) =>
	JSON.stringify({ weight_map: Object.fromEntries(shards.map((shard, i) => [`weight${i}`, shard])) });

describe("pickWeights finds the names that diffusers and transformers write", () => {
	it("takes the plain file, though a variant lies beside it", async () => {
		const repository = await checkpoint([`unet/${STEM}.fp16.safetensors`, `unet/${STEM}.safetensors`]);
		expect(await pickWeights(repository, "unet", STEM)).toBe(join(root, `unet/${STEM}.safetensors`));
	});

	it("takes the variant that was asked for", async () => {
		const repository = await checkpoint([`unet/${STEM}.fp16.safetensors`, `unet/${STEM}.safetensors`]);
		expect(await pickWeights(repository, "unet", STEM, "fp16")).toBe(join(root, `unet/${STEM}.fp16.safetensors`));
	});

	it("takes the plain file of a component that lacks the variant another has, as SD 3's transformer does", async () => {
		const shards = [
			"text_encoder/model.fp16-00001-of-00002.safetensors",
			"text_encoder/model.fp16-00002-of-00002.safetensors",
		];
		const repository = await checkpoint([...shards, `transformer/${STEM}.safetensors`]);
		const path = await pickWeights(repository, "transformer", STEM, "fp16");
		expect(path).toBe(join(root, `transformer/${STEM}.safetensors`));
		await expect(pickWeights(repository, "transformer", STEM, "bf16")).rejects.toThrow("Leave the variant out");
	});

	it("takes a file in the repository's root", async () => {
		const repository = await checkpoint(["model.safetensors"]);
		expect(await pickWeights(repository, "", "model")).toBe(join(root, "model.safetensors"));
	});

	it.each([
		["model.safetensors.index.json", undefined],
		["model.fp16.safetensors.index.json", "fp16"],
		["model.safetensors.index.fp16.json", "fp16"],
	])("takes the index %s with its shards", async (name, variant) => {
		const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
		const repository = await checkpoint({
			[`text_encoder/${name}`]: index(shards[0], shards[1], shards[0]),
			[`text_encoder/${shards[0]}`]: "",
			[`text_encoder/${shards[1]}`]: "",
		});
		expect(await pickWeights(repository, "text_encoder", "model", variant)).toBe(join(root, "text_encoder", name));
	});
});

describe("pickWeights says what is wrong with a checkpoint", () => {
	it("has a shard missing: names it", async () => {
		const repository = await checkpoint({ "model.safetensors.index.json": index("model-00001-of-00001.safetensors") });
		await expect(pickWeights(repository, "", "model")).rejects.toThrow("has no file model-00001-of-00001.safetensors");
	});

	it.each([
		"../model.safetensors",
		"/etc/model.safetensors",
		"sub/model.safetensors",
		"model.bin",
		"..\\a.safetensors",
		3,
	])("has an index that refers to %j: refuses it", async (shard) => {
		const repository = await checkpoint({ "vae/model.safetensors.index.json": index(shard) });
		const error = await pickWeights(repository, "vae", "model").catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ found: JSON.stringify(shard) });
	});

	it.each(["", "[]", "{}", '{"weight_map":[]}', '{"weight_map":{}}', "null"])(
		"has the index %j: says it is none",
		async (text) => {
			const repository = await checkpoint({ "model.safetensors.index.json": text });
			await expect(pickWeights(repository, "", "model")).rejects.toBeInstanceOf(CheckpointError);
		},
	);

	it.each([
		["text_encoder/pytorch_model.bin", "text_encoder", "model"],
		[`unet/${STEM}.bin`, "unet", STEM],
		[`unet/${STEM}.fp16.bin`, "unet", STEM],
		["v1-5.ckpt", "", "model"],
	])("has only %s: says that pickles are not read, and why", async (file, folder, stem) => {
		const repository = await checkpoint([file, "README.md"]);
		const error = await pickWeights(repository, folder, stem).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ found: `only pickled weights (${file})` });
		expect(String(error)).toMatch(/can run code.*safetensors\/convert/);
	});

	it("has other variants: lists them", async () => {
		const repository = await checkpoint([
			"unet/model.fp16.safetensors",
			"unet/model.bf16.safetensors.index.json",
			"unet/model.safetensors.index.non_ema.json",
			"unet/model.non_ema-00001-of-00001.safetensors",
		]);
		await expect(pickWeights(repository, "unet", "model")).rejects.toMatchObject({
			code: "checkpoint",
			found: "variant bf16, variant fp16, variant non_ema",
			next: "Ask for variant bf16",
		});
	});

	it("lacks the variant but has plain weights: says to leave it out", async () => {
		const repository = await checkpoint(["unet/model.safetensors"]);
		await expect(pickWeights(repository, "unet", "model", "fp16")).rejects.toMatchObject({
			found: "the plain weights",
			next: "Leave the variant out",
		});
	});

	it("lacks the folder: says so", async () => {
		const repository = await checkpoint(["model.safetensors"]);
		await expect(pickWeights(repository, "unet", "model")).rejects.toMatchObject({ found: "no such folder" });
	});
});
