import type { NameRow, NameTable } from "./name-table.ts";
import { SWAPPED, thirds } from "./stored-forms.ts";

// https://github.com/black-forest-labs/flux/blob/main/src/flux/model.py

/** The fields of a transformer's `config.json` that determine its names. */
export interface FluxLayout {
	readonly num_layers: number;
	readonly num_single_layers: number;
}

const ENDS: NameTable = [
	["time_text_embed.timestep_embedder.linear_1.", "time_in.in_layer."],
	["time_text_embed.timestep_embedder.linear_2.", "time_in.out_layer."],
	["time_text_embed.text_embedder.linear_1.", "vector_in.in_layer."],
	["time_text_embed.text_embedder.linear_2.", "vector_in.out_layer."],
	["time_text_embed.guidance_embedder.linear_1.", "guidance_in.in_layer."],
	["time_text_embed.guidance_embedder.linear_2.", "guidance_in.out_layer."],
	["context_embedder.", "txt_in."],
	["x_embedder.", "img_in."],
	["norm_out.linear.", "final_layer.adaLN_modulation.1.", SWAPPED],
	["proj_out.", "final_layer.linear."],
];

/** The names of a FLUX.1 transformer in a single file, without a prefix such as `model.diffusion_model.`. */
export function bflFlux({ num_layers, num_single_layers }: FluxLayout): NameTable {
	const double = Array.from({ length: num_layers }, (_, block) => doubleRows(block));
	const single = Array.from({ length: num_single_layers }, (_, block) => singleRows(block));
	return [...ENDS, ...double.flat(), ...single.flat()];
}

function doubleRows(block: number): NameRow[] {
	const own = `transformer_blocks.${block}.`;
	const image = `double_blocks.${block}.img_`;
	const text = `double_blocks.${block}.txt_`;
	return [
		[`${own}norm1.linear.`, `${image}mod.lin.`],
		[`${own}norm1_context.linear.`, `${text}mod.lin.`],
		...thirds([`${own}attn.to_q.`, `${own}attn.to_k.`, `${own}attn.to_v.`], `${image}attn.qkv.`),
		...thirds([`${own}attn.add_q_proj.`, `${own}attn.add_k_proj.`, `${own}attn.add_v_proj.`], `${text}attn.qkv.`),
		[`${own}attn.norm_q.weight`, `${image}attn.norm.query_norm.scale`],
		[`${own}attn.norm_k.weight`, `${image}attn.norm.key_norm.scale`],
		[`${own}attn.norm_added_q.weight`, `${text}attn.norm.query_norm.scale`],
		[`${own}attn.norm_added_k.weight`, `${text}attn.norm.key_norm.scale`],
		[`${own}attn.to_out.0.`, `${image}attn.proj.`],
		[`${own}attn.to_add_out.`, `${text}attn.proj.`],
		[`${own}ff.net.0.proj.`, `${image}mlp.0.`],
		[`${own}ff.net.2.`, `${image}mlp.2.`],
		[`${own}ff_context.net.0.proj.`, `${text}mlp.0.`],
		[`${own}ff_context.net.2.`, `${text}mlp.2.`],
	];
}

/** Queries, keys and values have the model's width, and the feed-forward after them has four times that. */
const PARALLEL: readonly [string, number, number][] = [
	["attn.to_q.", 0, 1],
	["attn.to_k.", 1, 2],
	["attn.to_v.", 2, 3],
	["proj_mlp.", 3, 7],
];

function singleRows(block: number): NameRow[] {
	const own = `single_transformer_blocks.${block}.`;
	const file = `single_blocks.${block}.`;
	return [
		[`${own}norm.linear.`, `${file}modulation.lin.`],
		...PARALLEL.map(([name, from, to]): NameRow => [own + name, `${file}linear1.`, { rows: [[from, to, 7]] }]),
		[`${own}attn.norm_q.weight`, `${file}norm.query_norm.scale`],
		[`${own}attn.norm_k.weight`, `${file}norm.key_norm.scale`],
		[`${own}proj_out.`, `${file}linear2.`],
	];
}
