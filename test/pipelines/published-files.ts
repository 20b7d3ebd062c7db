import { readFileSync } from "node:fs";
import {
	bflFlux,
	builtInConfigs,
	ldmUNet,
	ldmVae,
	type ModelKind,
	mmdit,
	type NameTable,
	openClip,
	placeInFile,
} from "@drum/formats";
import { MemoryBytes, type StoredTensor, sizeOf, type TensorSource } from "@drum/tensor";
import { expandNames, type Shape } from "@drum/test-weights";

// Files of real sizes, as their publishers name and lay them out. Oracle: names and shapes of the same models in the hub's layout, by
// diffusers and transformers (tooling/golden/published.py); that the tables are the publishers' own, names.test.ts proves.

const fixtures = new URL("../golden/fixtures/published/", import.meta.url);
export const published = (name: string): Shape[] =>
	expandNames(JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), "utf8")).tensors);

/** A part of a file: the denoiser, the VAE, or a text encoder by its name in a mix. */
export interface Part {
	/** The file's name in `published`. */
	of: string;
	prefix: string;
	table?: NameTable;
}

const UNET = "model.diffusion_model.";
const config = (kind: ModelKind, path: string) => builtInConfigs(kind)![`${path}/config.json`] as never;
const vae = (kind: ModelKind, of: string, prefix = "first_stage_model."): Part => ({
	...{ of: `${of}.vae`, prefix, table: ldmVae(config(kind, "vae")) },
});
const sd3 = "stable-diffusion-3-medium";
const SD3_ENCODERS: Record<string, Part> = {
	L: { of: `${sd3}.text_encoder`, prefix: "text_encoders.clip_l.transformer." },
	bigG: { of: `${sd3}.text_encoder_2`, prefix: "text_encoders.clip_g.transformer." },
	T5: { of: `${sd3}.text_encoder_3`, prefix: "text_encoders.t5xxl.transformer." },
};
const transformer = (kind: ModelKind, of: string, prefix = UNET): Part => {
	const layout = config(kind, "transformer");
	return { of: `${of}.transformer`, prefix, table: kind.startsWith("flux") ? bflFlux(layout) : mmdit(layout) };
};

export const PUBLISHED_FILES: readonly [name: string, kind: ModelKind, parts: Readonly<Record<string, Part>>][] = [
	[
		"v1-5-pruned-emaonly.safetensors",
		"sd1",
		{
			denoiser: { of: "stable-diffusion-v1-5.unet", prefix: UNET, table: ldmUNet(config("sd1", "unet")) },
			vae: vae("sd1", "stable-diffusion-v1-5"),
			L: { of: "stable-diffusion-v1-5.text_encoder", prefix: "cond_stage_model.transformer." },
		},
	],
	[
		"v2-1_768-nonema-pruned.safetensors",
		"sd2",
		{
			denoiser: { of: "stable-diffusion-2-1.unet", prefix: UNET, table: ldmUNet(config("sd2", "unet")) },
			vae: vae("sd2", "stable-diffusion-2-1"),
			H: {
				of: "stable-diffusion-2-1.text_encoder",
				prefix: "cond_stage_model.model.",
				table: openClip({ num_hidden_layers: 23 }),
			},
		},
	],
	[
		"sd_xl_base_1.0.safetensors",
		"sdxl",
		{
			denoiser: { of: "stable-diffusion-xl-base-1.0.unet", prefix: UNET, table: ldmUNet(config("sdxl", "unet")) },
			vae: vae("sdxl", "stable-diffusion-xl-base-1.0"),
			L: { of: "stable-diffusion-xl-base-1.0.text_encoder", prefix: "conditioner.embedders.0.transformer." },
			bigG: {
				of: "stable-diffusion-xl-base-1.0.text_encoder_2",
				prefix: "conditioner.embedders.1.model.",
				table: openClip({ num_hidden_layers: 32 }),
			},
		},
	],
	[
		"sd3_medium_incl_clips_t5xxlfp8.safetensors",
		"sd3-medium",
		{ denoiser: transformer("sd3-medium", sd3), vae: vae("sd3-medium", sd3), ...SD3_ENCODERS },
	],
	[
		"sd3.5_medium.safetensors",
		"sd3.5-medium",
		{ denoiser: transformer("sd3.5-medium", "stable-diffusion-3.5-medium"), vae: vae("sd3.5-medium", sd3) },
	],
	[
		"sd3.5_large.safetensors",
		"sd3.5-large",
		{ denoiser: transformer("sd3.5-large", "stable-diffusion-3.5-large"), vae: vae("sd3.5-large", sd3) },
	],
	["flux1-dev.safetensors", "flux-dev", { denoiser: transformer("flux-dev", "FLUX.1-dev", "") }],
	[
		"flux1-dev-fp8.safetensors",
		"flux-dev",
		{
			denoiser: transformer("flux-dev", "FLUX.1-dev"),
			vae: vae("flux-dev", "FLUX.1-dev", "vae."),
			L: { of: "FLUX.1-dev.text_encoder", prefix: "text_encoders.clip_l.transformer." },
			T5: SD3_ENCODERS.T5!,
		},
	],
	["flux1-schnell.safetensors", "flux-schnell", { denoiser: transformer("flux-schnell", "FLUX.1-schnell", "") }],
];

type Dims = readonly number[];

/** The shape of the file's tensor that a weight of this shape is in. */
function stored(weight: string, dims: Dims, { table, prefix }: Part): [string, Dims] {
	const { name, rows, transposed, kernel } = table ? placeInFile(table, weight)! : { name: weight };
	const share = rows?.reduce((sum, [from, to, of]) => sum + (to - from) / of, 0) ?? 1;
	const whole = [Math.round(dims[0]! / share), ...dims.slice(1)];
	if (transposed) return [prefix + name, whole.reverse()];
	return [prefix + name, kernel && weight.endsWith(".weight") ? [...whole, 1, 1] : whole];
}

/** The names and shapes of a file's tensors. */
export function tensorsOf(parts: Readonly<Record<string, Part>>): Shape[] {
	const found = new Map<string, Dims>();
	for (const part of Object.values(parts))
		for (const [weight, dims] of published(part.of)) found.set(...stored(weight, dims, part));
	return [...found].map(([name, dims]) => [name, [...dims]]);
}

/** A file in 8 bits, each matrix with a factor beside it, or without. */
export function sourceOf(tensors: readonly Shape[], factors: boolean): TensorSource {
	const places = new Map<string, StoredTensor>();
	const add = (name: string, type: StoredTensor["type"], dims: Dims) =>
		places.set(name, { file: new MemoryBytes("x", new Uint8Array()), type, dims, offset: 0, length: sizeOf(dims) });
	for (const [name, dims] of tensors) {
		add(name, "float8_e4m3fn", dims);
		if (!factors || dims.length !== 2 || !name.endsWith(".weight")) continue;
		add(name.replace(/weight$/, "scale_weight"), "float32", []);
		add(name.replace(/weight$/, "scale_input"), "float32", []);
	}
	if (factors) add("scaled_fp8", "float8_e4m3fn", [0]);
	return { name: "file", get: (name) => places.get(name), names: () => places.keys() };
}
