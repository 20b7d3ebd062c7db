import type { FluxLayout } from "../../names/bfl-flux.ts";
import type { NameRow, NameTable } from "../../names/name-table.ts";
import { thirds } from "../../names/stored-forms.ts";

const QKV = ["to_q", "to_k", "to_v"] as const;
const ADDED = ["add_q_proj", "add_k_proj", "add_v_proj"] as const;

/**
 * The names of FLUX's attention layers in XLabs' LoRAs, which belong to attention processors. A double block has two streams:
 * https://github.com/XLabs-AI/x-flux/blob/main/src/flux/modules/layers.py.
 */
export function xlabs({ num_layers, num_single_layers }: FluxLayout): NameTable {
	return [...blocks(num_layers).flatMap(doubleRows), ...blocks(num_single_layers).flatMap(singleRows)];
}

function doubleRows(block: number): NameRow[] {
	const [own, file] = [`transformer_blocks.${block}.attn.`, `double_blocks.${block}.processor.`];
	return [
		...joined(own, QKV, `${file}qkv_lora1.`),
		[`${own}to_out.0.`, `${file}proj_lora1.`],
		...joined(own, ADDED, `${file}qkv_lora2.`),
		[`${own}to_add_out.`, `${file}proj_lora2.`],
	];
}

function singleRows(block: number): NameRow[] {
	const [own, file] = [`single_transformer_blocks.${block}.`, `single_blocks.${block}.processor.`];
	return [...joined(`${own}attn.`, QKV, `${file}qkv_lora.`), [`${own}proj_out.`, `${file}proj_lora.`]];
}

function joined(own: string, [q, k, v]: readonly [string, string, string], file: string): NameRow[] {
	return thirds([`${own}${q}.`, `${own}${k}.`, `${own}${v}.`], file);
}

function blocks(count: number): number[] {
	return Array.from({ length: count }, (_, i) => i);
}
