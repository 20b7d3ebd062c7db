import type { NameRow, NameTable } from "./name-table.ts";

// The names of UNets in CompVis' latent-diffusion and Stability's generative-models:
// https://github.com/CompVis/latent-diffusion/blob/a506df5756472e2ebaf9078affdde2c4f1502cd4/ldm/modules/diffusionmodules/openaimodel.py

/** The fields of a UNet's `config.json` that determine its names. */
export interface UNetLayout {
	readonly layers_per_block: number | readonly number[];
	readonly down_block_types: readonly string[];
	readonly up_block_types: readonly string[];
}

const RESNET: NameTable = [
	["norm1.", "in_layers.0."],
	["conv1.", "in_layers.2."],
	["time_emb_proj.", "emb_layers.1."],
	["norm2.", "out_layers.0."],
	["conv2.", "out_layers.3."],
	["conv_shortcut.", "skip_connection."],
];

const ENDS: NameTable = [
	["time_embedding.linear_1.", "time_embed.0."],
	["time_embedding.linear_2.", "time_embed.2."],
	["time_embedding.cond_proj.", "time_embed.cond_proj."],
	["add_embedding.linear_1.", "label_emb.0.0."],
	["add_embedding.linear_2.", "label_emb.0.2."],
	["conv_in.", "input_blocks.0.0."],
	["conv_norm_out.", "out.0."],
	["conv_out.", "out.2."],
];

/** The names of a UNet of Stable Diffusion 1, 2 or XL in a single file, without the prefix `model.diffusion_model.`. */
export function ldmUNet({ layers_per_block, down_block_types, up_block_types }: UNetLayout): NameTable {
	const down = down_block_types.map((_, block) => layersOf(layers_per_block, block));
	const up = up_block_types.map((_, block) => layersOf(layers_per_block, up_block_types.length - 1 - block) + 1);
	let input = 1;
	const downBlocks = down.flatMap((layers, block) => {
		const rows = range(layers).flatMap((layer) => layerRows(`down_blocks.${block}`, layer, `input_blocks.${input++}`));
		return [...rows, [`down_blocks.${block}.downsamplers.0.conv.`, `input_blocks.${input++}.0.op.`] as const];
	});
	let output = 0;
	const upBlocks = up.flatMap((layers, block) => {
		const rows = range(layers).flatMap((layer) => layerRows(`up_blocks.${block}`, layer, `output_blocks.${output++}`));
		// It comes after the last layer's attention, if there is one.
		const place = /Attn/.test(up_block_types[block]!) ? 2 : 1;
		return [...rows, [`up_blocks.${block}.upsamplers.0.conv.`, `output_blocks.${output - 1}.${place}.conv.`] as const];
	});
	const mid = [
		...resnet("mid_block.resnets.0.", "middle_block.0."),
		["mid_block.attentions.0.", "middle_block.1."] as const,
		...resnet("mid_block.resnets.1.", "middle_block.2."),
	];
	return [...ENDS, ...downBlocks, ...mid, ...upBlocks];
}

function layerRows(block: string, layer: number, place: string): NameRow[] {
	// Within a transformer the names are the same.
	return [...resnet(`${block}.resnets.${layer}.`, `${place}.0.`), [`${block}.attentions.${layer}.`, `${place}.1.`]];
}

function resnet(own: string, file: string): NameRow[] {
	return RESNET.map(([ownEnd, fileEnd]) => [own + ownEnd, file + fileEnd]);
}

function layersOf(layers: UNetLayout["layers_per_block"], block: number): number {
	return typeof layers === "number" ? layers : layers[block]!;
}

function range(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i);
}
