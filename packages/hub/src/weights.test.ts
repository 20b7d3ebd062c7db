import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CheckpointError, type Warning } from "@drum/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepository, pickWeights } from "./index.ts";
import { pathOf } from "./testing/path-of.ts";

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
	it("takes the plain file, even if there is a variant", async () => {
		const repository = await checkpoint([`unet/${STEM}.fp16.safetensors`, `unet/${STEM}.safetensors`]);
		expect(await pathOf(pickWeights(repository, "unet", STEM))).toBe(join(root, `unet/${STEM}.safetensors`));
	});

	it("takes the variant that was asked for", async () => {
		const repository = await checkpoint([`unet/${STEM}.fp16.safetensors`, `unet/${STEM}.safetensors`]);
		expect(await pathOf(pickWeights(repository, "unet", STEM, "fp16"))).toBe(
			join(root, `unet/${STEM}.fp16.safetensors`),
		);
	});

	it("takes the plain file of a component without the variant that another has, like SD 3's transformer", async () => {
		const shards = [
			"text_encoder/model.fp16-00001-of-00002.safetensors",
			"text_encoder/model.fp16-00002-of-00002.safetensors",
		];
		const repository = await checkpoint([...shards, `transformer/${STEM}.safetensors`]);
		const path = await pathOf(pickWeights(repository, "transformer", STEM, "fp16"));
		expect(path).toBe(join(root, `transformer/${STEM}.safetensors`));
		await expect(pickWeights(repository, "transformer", STEM, "bf16")).rejects.toThrow("Leave the variant out");
	});

	it("takes a file in the repository's root", async () => {
		const repository = await checkpoint(["model.safetensors"]);
		expect(await pathOf(pickWeights(repository, "", "model"))).toBe(join(root, "model.safetensors"));
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
		expect(await pathOf(pickWeights(repository, "text_encoder", "model", variant))).toBe(
			join(root, "text_encoder", name),
		);
	});
});

/** As diffusers' `ModelMixin.from_pretrained` and transformers' `PreTrainedModel.from_pretrained` look for them. */
describe("pickWeights chooses among several as the weights' own library does", () => {
	const single = (stem: string) => `${stem}.safetensors`;
	const sharded = (stem: string) => `${stem}.safetensors.index.json`;
	const cases: [string, string | undefined, string[], string, boolean][] = [
		["diffusers: the index before the file", undefined, [sharded(STEM), single(STEM)], sharded(STEM), true],
		["transformers: the file before the index", undefined, [sharded("model"), single("model")], single("model"), true],
		[
			"pickled files are ignored",
			undefined,
			[single(STEM), `${STEM}.bin`, `${STEM}.bin.index.json`],
			single(STEM),
			false,
		],
		[
			"another variant's index is ignored",
			undefined,
			[single(STEM), `${STEM}.safetensors.index.fp16.json`],
			single(STEM),
			false,
		],
		[
			"diffusers: the variant's index before its file",
			"fp16",
			[`${STEM}.safetensors.index.fp16.json`, `${STEM}.fp16.safetensors`, sharded(STEM)],
			`${STEM}.safetensors.index.fp16.json`,
			true,
		],
		[
			"diffusers: its older name of an index too",
			"fp16",
			[`${STEM}.safetensors.fp16.index.json`, `${STEM}.fp16.safetensors`],
			`${STEM}.safetensors.fp16.index.json`,
			true,
		],
		[
			"diffusers: the newer name before the older",
			"fp16",
			[`${STEM}.safetensors.fp16.index.json`, `${STEM}.safetensors.index.fp16.json`],
			`${STEM}.safetensors.index.fp16.json`,
			false,
		],
		[
			"transformers: the variant's file before its index",
			"fp16",
			["model.safetensors.index.fp16.json", "model.fp16.safetensors", single("model")],
			"model.fp16.safetensors",
			true,
		],
		[
			"plain files do not belong to the variant",
			"fp16",
			[`${STEM}.fp16.safetensors`, sharded(STEM)],
			`${STEM}.fp16.safetensors`,
			false,
		],
	];

	it.each(cases)("%s", async (_, variant, names, taken, warned) => {
		const shards = ["one.safetensors", "two.safetensors"];
		const files = Object.fromEntries(
			[...names, ...shards].map((name) => [`unet/${name}`, name.endsWith(".json") ? index(...shards) : ""]),
		);
		const stem = names[0]!.startsWith(STEM) ? STEM : "model";
		const warnings: Warning[] = [];
		const onWarning = (warning: Warning) => warnings.push(warning);
		const path = await pathOf(pickWeights(await checkpoint(files), "unet", stem, variant, onWarning));
		expect(path).toBe(join(root, "unet", taken));
		expect(warnings.map(({ code, what }) => [code, what])).toEqual(
			warned ? [["weights-twice", `${root}/unet/${taken}`]] : [],
		);
	});
});

describe("pickWeights says what is wrong with a checkpoint", () => {
	it("names a missing shard", async () => {
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
		const error = await pathOf(pickWeights(repository, "vae", "model")).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ found: JSON.stringify(shard) });
	});

	it.each(["", "[]", "{}", '{"weight_map":[]}', '{"weight_map":{}}', "null"])("refuses the index %j", async (text) => {
		const repository = await checkpoint({ "model.safetensors.index.json": text });
		await expect(pickWeights(repository, "", "model")).rejects.toBeInstanceOf(CheckpointError);
	});

	it.each([
		["text_encoder/pytorch_model.bin", "text_encoder", "model"],
		[`unet/${STEM}.bin`, "unet", STEM],
		[`unet/${STEM}.fp16.bin`, "unet", STEM],
		["v1-5.ckpt", "", "model"],
	])("says that pickles are not read, and why, if there is only %s", async (file, folder, stem) => {
		const repository = await checkpoint([file, "README.md"]);
		const error = await pathOf(pickWeights(repository, folder, stem)).catch((error: unknown) => error);
		expect(error).toBeInstanceOf(CheckpointError);
		expect(error).toMatchObject({ found: `only pickled weights (${file})` });
		expect(String(error)).toMatch(/can run code.*safetensors\/convert/);
	});

	it("lists the variants that exist", async () => {
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

	it("says to leave out a variant if there are only plain weights", async () => {
		const repository = await checkpoint(["unet/model.safetensors"]);
		await expect(pickWeights(repository, "unet", "model", "fp16")).rejects.toMatchObject({
			found: "the plain weights",
			next: "Leave the variant out",
		});
	});

	it.each([
		[`unet/${STEM}-Q4_0.gguf`, "GGUF"],
		["unet/model.onnx", "ONNX"],
		[`unet/${STEM}.msgpack`, "Take the safetensors"],
	])("names %s and says what to do, if there is nothing else", async (file, next) => {
		const repository = await checkpoint([file, "unet/config.json"]);
		await expect(pickWeights(repository, "unet", STEM)).rejects.toMatchObject({
			found: `no such file, but ${file}`,
			next: expect.stringContaining(next),
		});
	});

	it("recognises a git-lfs pointer in place of an index", async () => {
		const text = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n";
		const repository = await checkpoint({ "model.safetensors.index.json": text });
		await expect(pickWeights(repository, "", "model")).rejects.toMatchObject({
			found: "a git-lfs pointer in place of the file",
			next: "Run `git lfs pull` in its folder",
		});
	});

	it("says that the folder is missing", async () => {
		const repository = await checkpoint(["model.safetensors"]);
		await expect(pickWeights(repository, "unet", "model")).rejects.toMatchObject({ found: "no such folder" });
	});
});
