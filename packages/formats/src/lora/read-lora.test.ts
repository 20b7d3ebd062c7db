import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
	type CheckpointTensor,
	float32,
	parseSafetensors,
	sizeOf,
	storedParts,
	type Tensor,
	toFloat32,
} from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { afterAll, describe, expect, test } from "vitest";
import { type Lora, readLora } from "../index.ts";
import { Files, tinyModel } from "./testing/models.ts";

// Oracle: diffusers' load_lora_weights, by tooling/golden/lora_formats.py. Each format here is the same factors under other names.

interface Format {
	name: string;
	endings: { down: string; up: string; alpha?: string };
	modules: [name: string, ...layers: number[]][];
}
const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);
const families: Record<string, { layers: string[]; formats: Format[] }> = JSON.parse(
	readFileSync(fixture("formats.json"), "utf8"),
);
const DENOISER = /^(unet|transformer)\./;
const PEFT = { down: ".lora_A.weight", up: ".lora_B.weight" };
const KOHYA = { down: ".lora_down.weight", up: ".lora_up.weight", alpha: ".alpha" };
const files = new Files();
afterAll(() => files.close());

/** Formats whose names are diffusers' own but for what stands before them, and for dots. */
function plainFormats(layers: readonly string[]): Format[] {
	const every = (name: (path: string, layer: string) => string | undefined): Format["modules"] =>
		layers.flatMap((layer, i): Format["modules"] => {
			const made = name(layer.slice(layer.indexOf(".") + 1), layer);
			return made === undefined ? [] : [[made, i]];
		});
	const denoiser = (prefix: string) => every((path, layer) => (DENOISER.test(layer) ? prefix + path : undefined));
	const flat = (modules: Format["modules"]): Format["modules"] =>
		modules.map(([name, ...own]) => [name.replaceAll(".", "_"), ...own]);
	const clip = (name: string) => (name.startsWith("text_") ? name : `text_model.${name}`);
	const encoders = { text_encoder: "lora_te1.", text_encoder_2: "lora_te2." };
	const kohyaClip = every((path, layer) => {
		const [component] = layer.split(".") as [keyof typeof encoders];
		return encoders[component] && encoders[component] + clip(path);
	});
	const comfyClip = every((path, layer) => {
		if (DENOISER.test(layer)) return undefined;
		return `text_encoders.${layer.startsWith("text_encoder_2") ? "clip_g" : "clip_l"}.transformer.${clip(path)}`;
	});
	return [
		{ name: "PEFT with alphas", endings: { ...PEFT, alpha: ".alpha" }, modules: every((_, layer) => layer) },
		{
			name: "PEFT with a named adapter",
			endings: { down: ".lora_A.default.weight", up: ".lora_B.default.weight" },
			modules: every((_, layer) => layer),
		},
		{ name: "PEFT without a prefix", endings: PEFT, modules: denoiser("") },
		{ name: "PEFT as its folders have it", endings: PEFT, modules: denoiser("base_model.model.") },
		{ name: "ComfyUI, diffusers' names", endings: PEFT, modules: denoiser("diffusion_model.") },
		{ name: "LyCORIS, diffusers' names", endings: KOHYA, modules: flat(denoiser("lycoris.")) },
		{ name: "OneTrainer", endings: KOHYA, modules: flat([...denoiser("lora_transformer."), ...kohyaClip]) },
		{ name: "OneTrainer, dotted", endings: KOHYA, modules: [...denoiser("lora_transformer."), ...kohyaClip] },
		{ name: "ComfyUI, text encoders", endings: PEFT, modules: comfyClip },
	];
}

/** As the script has it. */
const alphaOf = (layer: string) => (/resnets\.0\.conv|ff\./.test(layer) ? 3 : 1);

describe.each(Object.keys(families))("%s", (family) => {
	const { layers, formats } = families[family]!;
	const model = tinyModel(family as "sd1");
	const base = Checkpoint.open(fileURLToPath(fixture(`${family}.safetensors`)));
	const { tensors } = parseSafetensors(readFileSync(fixture(`${family}.safetensors`)), family);
	const factor = (layer: number, ending: string) => tensors.get(layers[layer] + ending)!;

	test("PEFT, as diffusers writes it", async () => {
		const lora = await readLora(await base, await model);
		expect(lora).toMatchObject({ format: "PEFT", unknown: [] });
		expectLayers(lora, layers.keys(), alphaOf);
	});

	test.each([...formats, ...plainFormats(layers)])("$name", async ({ endings, modules }) => {
		const renamed: Record<string, Tensor> = {};
		for (const [name, ...own] of modules) {
			const [first] = own as [number];
			const down = factor(first, PEFT.down);
			const ups = own.map((layer) => factor(layer, PEFT.up));
			renamed[name + endings.down] = down;
			renamed[name + endings.up] = /adaLN/.test(name) ? inOrder(ups[0]!, down.dims[1]!) : stacked(ups);
			const alpha = alphaOf(layers[first]!);
			if (endings.alpha !== undefined) renamed[name + endings.alpha] = float32(Float32Array.of(alpha), []);
		}
		const lora = await readLora(await files.write(renamed), await model);
		expect(lora.unknown).toEqual([]);
		const own = modules.flatMap(([, ...each]) => each);
		expectLayers(lora, own, endings.alpha === undefined ? undefined : alphaOf);
	});

	/** Each layer once, with its own factors to the byte. */
	function expectLayers(lora: Lora, own: Iterable<number>, alpha: ((layer: string) => number) | undefined) {
		const found = new Map([
			...lora.denoiser.map((module) => [`denoiser.${module.path}`, module] as const),
			...Object.entries(lora.encoders).flatMap(([name, all]) =>
				all.map((module) => [`${name}.${module.path.replace(/^text_model\./, "")}`, module] as const),
			),
		]);
		const names = { unet: "denoiser", transformer: "denoiser", text_encoder: "L", text_encoder_2: "bigG" };
		const expected = new Map(
			Array.from(own, (layer) => {
				const [component, ...path] = layers[layer]!.split(".") as [keyof typeof names, ...string[]];
				return [`${names[component]}.${path.join(".").replace(/^text_model\./, "")}`, layer] as const;
			}),
		);
		expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
		for (const [name, layer] of expected) {
			const module = found.get(name)!;
			if (module.kind !== "low-rank") throw new Error(`${name} is ${module.kind}`);
			const [down, up] = [factor(layer, PEFT.down), factor(layer, PEFT.up)];
			expect(values(module.down), name).toEqual(toFloat32(down));
			expect(values(module.up), name).toEqual(toFloat32(up));
			expect(module.up.dims, name).toEqual(up.dims);
			expect(module.scale, name).toBe(alpha ? alpha(layers[layer]!) / down.dims[0]! : 1);
		}
	}
});

/** Of the file's bytes, without a read for each tensor. */
const bytesOf = new Map<string, Buffer>();
function values(place: CheckpointTensor): Float32Array {
	const parts = storedParts(place).map(({ file: { name: file }, offset, length }) => {
		if (!bytesOf.has(file)) bytesOf.set(file, readFileSync(file));
		return bytesOf.get(file)!.subarray(offset, offset + length);
	});
	return new Float32Array(Uint8Array.from(Buffer.concat(parts)).buffer);
}

function stacked(parts: readonly Tensor[]): Tensor {
	const rows = parts.reduce((sum, { dims }) => sum + dims[0]!, 0);
	const data = new Float32Array(parts.reduce((sum, { dims }) => sum + sizeOf(dims), 0));
	let at = 0;
	for (const part of parts) {
		data.set(toFloat32(part), at);
		at += sizeOf(part.dims);
	}
	return float32(data, [rows, ...parts[0]!.dims.slice(1)]);
}

/** The last norms have shift before scale, where diffusers has scale before shift; the others' six parts are in one order. */
function inOrder(up: Tensor, width: number): Tensor {
	if (up.dims[0] !== 2 * width) return up;
	const data = toFloat32(up);
	const half = data.length / 2;
	return float32(Float32Array.of(...data.slice(half), ...data.slice(0, half)), up.dims);
}
