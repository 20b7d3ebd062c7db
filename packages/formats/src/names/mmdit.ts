import type { NameRow, NameTable } from "./name-table.ts";
import { SWAPPED, thirds } from "./stored-forms.ts";

// https://github.com/Stability-AI/sd3.5/blob/main/mmditx.py

/** The fields of a transformer's `config.json` that determine its names. */
export interface MMDiTLayout {
	readonly num_layers: number;
}

const ENDS: NameTable = [
	["pos_embed.pos_embed", "pos_embed"],
	["pos_embed.proj.", "x_embedder.proj."],
	["time_text_embed.timestep_embedder.linear_1.", "t_embedder.mlp.0."],
	["time_text_embed.timestep_embedder.linear_2.", "t_embedder.mlp.2."],
	["time_text_embed.text_embedder.linear_1.", "y_embedder.mlp.0."],
	["time_text_embed.text_embedder.linear_2.", "y_embedder.mlp.2."],
	["context_embedder.", "context_embedder."],
	["norm_out.linear.", "final_layer.adaLN_modulation.1.", SWAPPED],
	["proj_out.", "final_layer.linear."],
];

/** The names of a transformer of Stable Diffusion 3 or 3.5 in a single file, without a prefix such as `model.diffusion_model.`. */
export function mmdit({ num_layers }: MMDiTLayout): NameTable {
	const blocks = Array.from({ length: num_layers }, (_, block) => blockRows(block, block === num_layers - 1));
	return [...ENDS, ...blocks.flat()];
}

function blockRows(block: number, isLast: boolean): NameRow[] {
	const own = `transformer_blocks.${block}.`;
	const image = `joint_blocks.${block}.x_block.`;
	const text = `joint_blocks.${block}.context_block.`;
	return [
		[`${own}norm1.linear.`, `${image}adaLN_modulation.1.`],
		// The last block does not process the text further, so the text's norm only has a shift and a scale.
		[`${own}norm1_context.linear.`, `${text}adaLN_modulation.1.`, isLast ? SWAPPED : undefined],
		...attention(`${own}attn.`, `${image}attn.`),
		...thirds([`${own}attn.add_q_proj.`, `${own}attn.add_k_proj.`, `${own}attn.add_v_proj.`], `${text}attn.qkv.`),
		[`${own}attn.norm_added_q.`, `${text}attn.ln_q.`],
		[`${own}attn.norm_added_k.`, `${text}attn.ln_k.`],
		[`${own}attn.to_add_out.`, `${text}attn.proj.`],
		// Only in 3.5 medium.
		...attention(`${own}attn2.`, `${image}attn2.`),
		[`${own}ff.net.0.proj.`, `${image}mlp.fc1.`],
		[`${own}ff.net.2.`, `${image}mlp.fc2.`],
		[`${own}ff_context.net.0.proj.`, `${text}mlp.fc1.`],
		[`${own}ff_context.net.2.`, `${text}mlp.fc2.`],
	];
}

function attention(own: string, file: string): NameRow[] {
	return [
		...thirds([`${own}to_q.`, `${own}to_k.`, `${own}to_v.`], `${file}qkv.`),
		[`${own}norm_q.`, `${file}ln_q.`],
		[`${own}norm_k.`, `${file}ln_k.`],
		[`${own}to_out.0.`, `${file}proj.`],
	];
}
