import type { NameRow, NameTable } from "./name-table.ts";

// https://github.com/mlfoundations/open_clip/blob/v2.20.0/src/open_clip/transformer.py

const ENDS: NameTable = [
	["text_model.embeddings.token_embedding.", "token_embedding."],
	["text_model.embeddings.position_embedding.weight", "positional_embedding"],
	["text_model.final_layer_norm.", "ln_final."],
	["text_projection.weight", "text_projection", { transposed: true }],
];

/** The names of an OpenCLIP text encoder with this number of layers in a single file. */
export function openClip({ num_hidden_layers }: { readonly num_hidden_layers: number }): NameTable {
	const layers = Array.from({ length: num_hidden_layers }, (_, layer) =>
		layerRows(`text_model.encoder.layers.${layer}.`, `transformer.resblocks.${layer}.`),
	);
	return [...ENDS, ...layers.flat()];
}

function layerRows(own: string, file: string): NameRow[] {
	const joined = ["q", "k", "v"].map(
		(name, i): NameRow => [`${own}self_attn.${name}_proj.`, `${file}attn.in_proj_`, { rows: [[i, i + 1, 3]] }],
	);
	return [
		...joined,
		[`${own}self_attn.out_proj.`, `${file}attn.out_proj.`],
		[`${own}layer_norm1.`, `${file}ln_1.`],
		[`${own}layer_norm2.`, `${file}ln_2.`],
		[`${own}mlp.fc1.`, `${file}mlp.c_fc.`],
		[`${own}mlp.fc2.`, `${file}mlp.c_proj.`],
	];
}
