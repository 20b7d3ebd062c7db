import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLIPTextEncoder } from "@drum/encoders-clip";
import { T5TextEncoder } from "@drum/encoders-t5";
import { openClip, placeInFile } from "@drum/formats";
import type { Warning } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { expandNames, type Shape, writeHoles } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";

// Files of one text encoder, with the names and shapes of the published ones and holes for weights: real sizes, and no room on the disk.
// Oracle of ids: transformers' tokenizers with the published vocabularies, by tooling/golden/{tokenizer,vocabularies}.py.

const root = await mkdtemp(join(tmpdir(), "drum-encoder-files-"));
afterAll(() => rm(root, { recursive: true }));

const json = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const published = (name: string): Shape[] => expandNames(json(`../golden/fixtures/published/${name}.json`).tensors);
const L = published("stable-diffusion-3-medium.text_encoder");
const bigG = published("stable-diffusion-3-medium.text_encoder_2");
const T5 = published("stable-diffusion-3-medium.text_encoder_3");
const H = published("stable-diffusion-2-1.text_encoder");

/** As a file of OpenCLIP has them, in which all blocks and the projection are. */
function inOpenClip(tensors: Shape[], layers: number): Shape[] {
	const table = openClip({ num_hidden_layers: layers });
	const found = tensors.map(([weight, dims]): Shape => {
		const { name, rows, transposed } = placeInFile(table, weight)!;
		const whole = rows ? [dims[0]! * 3, ...dims.slice(1)] : dims;
		return [name, transposed ? [...whole].reverse() : whole];
	});
	return [...new Map([...found, ["logit_scale", []], ["visual.conv1.weight", [1]]] as Shape[])];
}

async function file(name: string, tensors: readonly Shape[], type: Parameters<typeof writeHoles>[2] = "F16") {
	const path = join(root, name);
	await writeHoles(path, tensors, type);
	return path;
}

interface Prompt {
	prompt: string;
	clip: number[];
	ids: number[];
}
const ids = (tokens: { data: BigInt64Array }, count: number) => Array.from(tokens.data.slice(0, count), Number);
const { prompts }: { prompts: Prompt[] } = json("../golden/fixtures/tokenizer.json");
const t5Prompts: Prompt[] = json("../../packages/encoders-t5/src/fixtures/vocabulary.json");
const LAST: Shape[] = H.filter(([name]) => name.includes("layers.22."));
const ALL_OF_H: Shape[] = [
	...H,
	...LAST.map(([name, dims]): Shape => [name.replace("layers.22.", "layers.23."), dims]),
	["text_projection.weight", [1024, 1024]],
];

describe("a file of CLIP's text encoder alone", () => {
	test.each<[string, Shape[], object, number]>([
		["clip_l.safetensors", L, { width: 768, heads: 12, layers: 12 }, 49_407],
		[
			"clip_l-of-transformers-5.safetensors",
			L.map(([name, dims]) => [name.replace("text_model.", ""), dims]),
			{ width: 768 },
			49_407,
		],
		["clip_g.safetensors", bigG, { width: 1280, heads: 20, layers: 32 }, 0],
		["open_clip_bigG.safetensors", inOpenClip(bigG, 32), { width: 1280, heads: 20, layers: 32 }, 0],
		["open_clip_H.safetensors", inOpenClip(ALL_OF_H, 24), { width: 1024, heads: 16, layers: 24 }, 0],
	])("%s opens with what was published of it", async (name, tensors, expected, padding) => {
		const encoder = await CLIPTextEncoder.fromPretrained(await file(name, tensors));
		expect(encoder).toMatchObject({ ...expected, tokens: 77, warnings: [] });
		for (const { prompt, clip } of prompts.slice(10, 40)) {
			const tokens = encoder.tokenize([prompt]);
			expect(ids(tokens, clip.length)).toEqual(clip);
			if (clip.length < 77) expect(Number(tokens.data[76])).toBe(padding);
		}
	});

	test("is refused for a VAE, and for a file with two of them", async () => {
		const vae = await file("vae.safetensors", published("FLUX.1-dev.vae"));
		await expect(CLIPTextEncoder.fromPretrained(vae)).rejects.toMatchObject({
			code: "argument",
			expected: "a file with one text encoder of L, H, bigG",
			found: "a VAE of 16 channels",
		});
		const at = (prefix: string, tensors: Shape[]) => tensors.map(([name, dims]): Shape => [prefix + name, dims]);
		const both = [...at("text_encoders.clip_l.transformer.", L), ...at("text_encoders.clip_g.transformer.", bigG)];
		const two = CLIPTextEncoder.fromPretrained(await file("two.safetensors", both));
		await expect(two).rejects.toThrow(/found the text encoder of CLIP ViT-L and the text encoder of OpenCLIP ViT-bigG/);
		const none = CLIPTextEncoder.fromPretrained(join(root, "no.safetensors"));
		await expect(none).rejects.toMatchObject({ code: "argument", found: "no such file" });
	});

	test("is refused for one of another number of layers, by the weight that is missing", async () => {
		const short = L.filter(([name]) => !name.includes("layers.11."));
		const opening = CLIPTextEncoder.fromPretrained(await file("short.safetensors", short));
		await expect(opening).rejects.toThrow(/encoder\.layers\.11\..*found none/);
	});
});

describe("a file of T5's encoder alone", () => {
	const factors = T5.filter(([, dims]) => dims.length === 2).map(
		([name]): Shape => [name.replace(/weight$/, "scale_weight"), []],
	);
	test.each<[string, Shape[], Parameters<typeof writeHoles>[2]]>([
		["t5xxl_fp16.safetensors", T5, "F16"],
		["t5xxl_fp8_e4m3fn.safetensors", T5, "F8_E4M3"],
		["t5xxl_scaled.safetensors", [...T5, ...factors, ["scaled_fp8", [0]]], "F16"],
		["t5xxl-with-both-tables.safetensors", [...T5, ["encoder.embed_tokens.weight", [32128, 4096]]], "BF16"],
	])("%s opens with what was published of it", async (name, tensors, type) => {
		const warned: Warning[] = [];
		const opening = { onWarning: (warning: Warning) => warned.push(warning), variant: "fp16", maxLength: 512 };
		const encoder = await T5TextEncoder.fromPretrained(await file(name, tensors, type), opening);
		expect(encoder).toMatchObject({ width: 4096, heads: 64, tokens: 512, warnings: [] });
		expect(warned).toMatchObject([{ code: "option-unused", what: "variant" }]);
		for (const { prompt, ids: expected } of t5Prompts.slice(10, 40))
			expect(ids(encoder.tokenize([prompt]), expected.length)).toEqual(expected);
	});

	test("and a folder of it, by its own configuration and tokenizer", async () => {
		const part = (path: string) => fileURLToPath(new URL(`../golden/fixtures/sd3/${path}`, import.meta.url));
		const folder = join(root, "t5");
		await cp(part("text_encoder_3"), folder, { recursive: true });
		await expect(T5TextEncoder.fromPretrained(folder)).rejects.toThrow(/tokenizer\.json or spiece\.model/);
		for (const file of ["tokenizer.json", "tokenizer_config.json"])
			await cp(part(`tokenizer_3/${file}`), join(folder, file));
		const encoder = await T5TextEncoder.fromPretrained(folder, { maxLength: 16, threads: 1 });
		const created = await T5TextEncoder.create({
			...{ name: "created", maxLength: 16, threads: 1 },
			config: json("../golden/fixtures/sd3/text_encoder_3/config.json"),
			weights: await Checkpoint.open(part("text_encoder_3/model.safetensors")),
			tokenizer: { name: "created", tokenizer: json("../golden/fixtures/sd3/tokenizer_3/tokenizer.json") },
		});
		expect(encoder.fingerprint).toBe(created.fingerprint);
		expect((await encoder.encode(["a cat"])).hidden[-1]).toEqual((await created.encode(["a cat"])).hidden[-1]);
		await Promise.all([encoder.release(), created.release()]);
		const wrong = T5TextEncoder.fromPretrained(folder, { dtypes: "int8" } as object);
		await expect(wrong).rejects.toThrow(/option dtypes of fromPretrained/);
	});
});
