import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint, readTensor, writeSafetensors } from "@drum/tensor/node";
import { expandNames, type Shape } from "@drum/test-weights";
import { afterAll, describe, expect, test } from "vitest";
import {
	ldmUNet,
	ldmVae,
	type NameTable,
	openClip,
	type PlaceInFile,
	placeInFile,
	renamed,
	type UNetLayout,
	type VaeLayout,
	weightsInTensor,
} from "../index.ts";

// Oracle: diffusers' converters and its from_single_file, by tooling/golden/single_file.py.

const FIXTURES = new URL("../../../../test/golden/fixtures/", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, FIXTURES), "utf8"));

type Row = [component: string, own: string, file: string, form: string];
const {
	published,
	files,
}: {
	published: Record<string, { kind: string; weights: number; sha256: string }>;
	files: Record<string, Row[]>;
} = read("single-file.json");

const UNET_AND_VAE = { unet: "model.diffusion_model.", vae: "first_stage_model." };
const PREFIXES: Record<string, Record<string, string>> = {
	sd1: { ...UNET_AND_VAE, text_encoder: "cond_stage_model.transformer." },
	sd2: { ...UNET_AND_VAE, text_encoder: "cond_stage_model.model." },
	sdxl: {
		...UNET_AND_VAE,
		text_encoder: "conditioner.embedders.0.transformer.",
		text_encoder_2: "conditioner.embedders.1.model.",
	},
};

/** Undefined where the names are the same. */
function tableOf(component: string, prefix: string, config: unknown): NameTable | undefined {
	if (component === "unet") return ldmUNet(config as UNetLayout);
	if (component === "vae") return ldmVae(config as VaeLayout);
	return prefix.endsWith(".model.") ? openClip(config as { num_hidden_layers: number }) : undefined;
}

/** As the script writes it. */
function formOf({ rows, transposed, kernel }: PlaceInFile, own: string): string {
	if (rows) return `${rows[0]![0]}/${rows[0]![2]}`;
	if (transposed) return "transposed";
	return kernel && own.endsWith(".weight") ? "kernel" : "";
}

/** Names of the VAE's attention before diffusers 0.18, which sd1's folder has. */
const NEW: Record<string, string> = { query: "to_q", key: "to_k", value: "to_v", proj_attn: "to_out.0" };
const newName = (own: string) => own.replace(/(?<=attentions\.0\.)(query|key|value|proj_attn)/, (old) => NEW[old]!);

describe.each(Object.keys(published))("%s", (model) => {
	const { kind, weights, sha256 } = published[model]!;
	const components = Object.entries(PREFIXES[kind]!).map(([component, prefix]) => {
		const { config, tensors }: { config: unknown; tensors: Shape[] } = read(`published/${model}.${component}.json`);
		return {
			component,
			prefix,
			table: tableOf(component, prefix, config),
			names: expandNames(tensors).map(([name]) => name),
		};
	});

	test("has each weight in the place from which diffusers reads it", () => {
		const rows = components.flatMap(({ component, prefix, table, names }) =>
			names.sort().map((own) => {
				const place = table ? placeInFile(table, own) : { name: own };
				return place ? [component, own, prefix + place.name, formOf(place, own)].join(" ").trim() : `${own} nowhere`;
			}),
		);
		const text = `${rows.join("\n")}\n`;
		expect(rows.length).toBe(weights);
		expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
	});

	test("has the same names in both directions", () => {
		for (const { table, names } of components) {
			if (!table) continue;
			for (const own of names) {
				const { name, ...form } = placeInFile(table, own)!;
				expect(weightsInTensor(table, name)).toContainEqual({ name: own, ...form });
			}
		}
	});
});

describe.each(Object.keys(files))("a tiny %s", (kind) => {
	test.each(Object.keys(PREFIXES[kind]!))("%s: its names are found", (component) => {
		const prefix = PREFIXES[kind]![component]!;
		const table = tableOf(component, prefix, read(`${kind}/${component}/config.json`));
		const rows = files[kind]!.filter(([of]) => of === component);
		for (const [, own, file, form] of rows) {
			const place = table ? placeInFile(table, newName(own)) : { name: own };
			expect([prefix + place?.name, place && formOf(place, own)]).toEqual([file, form]);
		}
		expect(rows.length).toBeGreaterThan(20);
	});
});

test("blocks may have other numbers of layers", () => {
	const table = ldmUNet({
		layers_per_block: [1, 3],
		down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
		up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
	});
	const places = [
		["down_blocks.0.downsamplers.0.conv.bias", "input_blocks.2.0.op.bias"],
		["down_blocks.1.resnets.2.conv1.weight", "input_blocks.5.0.in_layers.2.weight"],
		["up_blocks.0.resnets.3.norm1.weight", "output_blocks.3.0.in_layers.0.weight"],
		["up_blocks.0.upsamplers.0.conv.weight", "output_blocks.3.1.conv.weight"],
		["up_blocks.1.attentions.1.proj_out.weight", "output_blocks.5.1.proj_out.weight"],
	];
	for (const [own, file] of places) expect(placeInFile(table, own!)?.name).toBe(file);
	expect(placeInFile(table, "up_blocks.2.resnets.0.conv1.weight")).toBeUndefined();
	expect(weightsInTensor(table, "output_blocks.6.0.in_layers.0.weight")).toEqual([]);
});

const folder = await realpath(await mkdtemp(join(tmpdir(), "drum-names-")));
afterAll(() => rm(folder, { recursive: true }));

test("a file's tensors have the model's names and form", async () => {
	const values = (...dims: number[]): Tensor => {
		const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i);
		return float32(data, dims);
	};
	const path = join(folder, "odd.safetensors");
	await writeSafetensors(path, {
		"clip.text_projection": values(2, 3),
		"clip.transformer.resblocks.0.attn.in_proj_weight": values(6, 2),
		"clip.transformer.resblocks.0.attn.in_proj_bias": values(5),
		"clip.transformer.resblocks.1.ln_1.bias": values(2),
		"clip.logit_scale": values(1),
		"clipper.ln_final.bias": values(2),
		"vae.decoder.mid.attn_1.q.weight": values(2, 2, 1, 1),
		"vae.decoder.mid.attn_1.k.weight": values(2, 2),
		"vae.decoder.mid.attn_1.q.bias": values(2),
	});
	const file = await Checkpoint.open(path);
	const clip = renamed(file, {
		name: "clip",
		prefix: "clip.",
		table: openClip({ num_hidden_layers: 1 }),
		ignored: (tensor) => tensor === "logit_scale",
	});
	const at = "text_model.encoder.layers.0.self_attn";
	expect([...clip.names()].sort()).toEqual([
		"clip.transformer.resblocks.1.ln_1.bias",
		...["k_proj.bias", "k_proj.weight", "q_proj.bias", "q_proj.weight", "v_proj.bias", "v_proj.weight"].map(
			(name) => `${at}.${name}`,
		),
		"text_projection.weight",
	]);
	expect(await readTensor(clip, "text_projection.weight")).toEqual(float32(Float32Array.of(0, 3, 1, 4, 2, 5), [3, 2]));
	expect(await readTensor(clip, `${at}.k_proj.weight`)).toEqual(float32(Float32Array.of(4, 5, 6, 7), [2, 2]));
	// A tensor that cannot be split stays as it is, and the model refuses its shape.
	expect(clip.get(`${at}.q_proj.bias`)?.dims).toEqual([5]);
	const vae = renamed(file, { name: "vae", prefix: "vae.", table: ldmVae({ block_out_channels: [8, 8] }) });
	const attention = "decoder.mid_block.attentions.0";
	expect(["to_q.weight", "to_k.weight", "to_q.bias"].map((name) => vae.get(`${attention}.${name}`)?.dims)).toEqual([
		[2, 2],
		[2, 2],
		[2],
	]);
});
