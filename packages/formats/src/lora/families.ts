/** The name of a file's module or a model's layer, and its number of inputs if that is known. */
export interface NamedWidth {
	readonly name: string;
	readonly width?: number | undefined;
}

/** The families of the file and of the model. Undefined if they are not known. */
export interface Families {
	readonly found: string | undefined;
	readonly expected: string | undefined;
}

const CROSS = /attn2[._]to_[kv](?![a-z])/;
const UNET = /(down|up|input|output)_blocks?[._]\d|mid(dle)?_block[._]/;

/** The family if neither names nor widths tell which one it is. */
const SOME_UNET = "Stable Diffusion 1, 2 or XL";
const UNETS = /^Stable Diffusion (1|2|XL)/;

/** Families by the names of their layers, or by the input width of cross-attention. The first that fits counts. */
const FAMILIES: readonly (readonly [string, (all: readonly NamedWidth[]) => boolean])[] = [
	["Stable Cascade", has(/^lora_prior_/)],
	["FLUX.2", has(/(double|single)_stream_modulation|to_qkv_mlp_proj/)],
	["Chroma", has(/distilled_guidance_layer/)],
	["FLUX.1", has(/(double|single)_blocks[._]\d|single_transformer_blocks[._]/)],
	["Qwen-Image", has(/transformer_blocks[._]\d+[._](img|txt)_(mlp|mod)/)],
	// Its blocks have the same names as FLUX's double blocks in diffusers.
	["Stable Diffusion 3", has(/joint_blocks[._]\d|(^|[._])pos_embed[._]proj$/)],
	["Wan", has(/(^|[._])blocks[._]\d+[._](self|cross)_attn/)],
	["Z-Image", has(/(^|[._])layers[._]\d+[._]attention[._]/)],
	[
		"Stable Diffusion XL",
		(all) =>
			all.some(({ name }) => UNET.test(name)) &&
			(hasWidth(2048)(all) ||
				has(/add_embedding|label_emb|^lora_te2_|^text_encoder_2\.|[._]transformer_blocks[._]([2-9]|1\d)[._]/)(all)),
	],
	["Stable Diffusion 2", hasWidth(1024)],
	["Stable Diffusion 1", hasWidth(768)],
	[SOME_UNET, has(UNET)],
];

/** The name of the family that layers belong to. Undefined if several families have such names. */
export function familyOf(all: readonly NamedWidth[]): string | undefined {
	return FAMILIES.find(([, fits]) => fits(all))?.[0];
}

/** Whether a file is known to be for another family than the model's. A few layers of a UNet may fit several families. */
export function areOther({ found, expected }: Families): boolean {
	if (found === undefined || found === expected) return false;
	if (found === SOME_UNET) return !UNETS.test(expected ?? "");
	return !(expected === SOME_UNET && found !== "Stable Diffusion XL" && UNETS.test(found));
}

function has(pattern: RegExp): (all: readonly NamedWidth[]) => boolean {
	return (all) => all.some(({ name }) => pattern.test(name));
}

function hasWidth(expected: number): (all: readonly NamedWidth[]) => boolean {
	return (all) => all.some(({ name, width }) => width === expected && CROSS.test(name));
}
