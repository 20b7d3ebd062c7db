import type { NameRow, NameTable } from "./name-table.ts";

// https://github.com/CompVis/latent-diffusion/blob/a506df5756472e2ebaf9078affdde2c4f1502cd4/ldm/modules/diffusionmodules/model.py

/** The fields of a VAE's `config.json` that determine its names. */
export interface VaeLayout {
	/** Channels of each block of the encoder, and of the decoder. */
	readonly block_out_channels: readonly unknown[];
	readonly layers_per_block?: number | undefined;
}

const ATTENTION: NameTable = [
	["group_norm.", "norm."],
	["to_q.", "q.", { kernel: true }],
	["to_k.", "k.", { kernel: true }],
	["to_v.", "v.", { kernel: true }],
	["to_out.0.", "proj_out.", { kernel: true }],
];

/** The names of an AutoencoderKL in a single file, without a prefix such as `first_stage_model.` or `vae.`. */
export function ldmVae({ block_out_channels, layers_per_block = 1 }: VaeLayout): NameTable {
	const blocks = range(block_out_channels.length);
	const last = blocks.length - 1;
	const down = blocks.flatMap((block) => [
		...range(layers_per_block).flatMap((layer) =>
			resnet(`encoder.down_blocks.${block}.resnets.${layer}.`, `encoder.down.${block}.block.${layer}.`),
		),
		[`encoder.down_blocks.${block}.downsamplers.0.`, `encoder.down.${block}.downsample.`] as const,
	]);
	// The decoder's blocks are counted from the picture.
	const up = blocks.flatMap((block) => [
		...range(layers_per_block + 1).flatMap((layer) =>
			resnet(`decoder.up_blocks.${block}.resnets.${layer}.`, `decoder.up.${last - block}.block.${layer}.`),
		),
		[`decoder.up_blocks.${block}.upsamplers.0.`, `decoder.up.${last - block}.upsample.`] as const,
	]);
	return [...half("encoder."), ...half("decoder."), ...CONVOLUTIONS, ...down, ...up];
}

const CONVOLUTIONS: NameTable = [
	["quant_conv.", "quant_conv."],
	["post_quant_conv.", "post_quant_conv."],
];

/** The names that are the same in encoder and decoder. */
function half(prefix: string): NameRow[] {
	const mid = `${prefix}mid_block.`;
	return [
		[`${prefix}conv_in.`, `${prefix}conv_in.`],
		[`${prefix}conv_out.`, `${prefix}conv_out.`],
		[`${prefix}conv_norm_out.`, `${prefix}norm_out.`],
		...resnet(`${mid}resnets.0.`, `${prefix}mid.block_1.`),
		...resnet(`${mid}resnets.1.`, `${prefix}mid.block_2.`),
		...ATTENTION.map(
			([own, file, form]): NameRow => [`${mid}attentions.0.${own}`, `${prefix}mid.attn_1.${file}`, form],
		),
	];
}

function resnet(own: string, file: string): NameRow[] {
	return [
		[own, file],
		[`${own}conv_shortcut.`, `${file}nin_shortcut.`],
	];
}

function range(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i);
}
