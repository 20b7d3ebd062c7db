import type { Row } from "./naming.ts";

const QKV = [".to_q", ".to_k", ".to_v"];
const ADDED = [".add_q_proj", ".add_k_proj", ".add_v_proj"];
const DOUBLE = "transformer_blocks.#";
const SINGLE = "single_transformer_blocks.#";
const under = (path: string, names: readonly string[]) => names.map((name) => path + name);

/** FLUX's layers under the names of its authors, https://github.com/black-forest-labs/flux/blob/main/src/flux/model.py. */
export const BFL: readonly Row[] = [
	["img_in", "x_embedder"],
	["img_in.proj", "x_embedder"],
	["txt_in", "context_embedder"],
	["time_in.in_layer", "time_text_embed.timestep_embedder.linear_1"],
	["time_in.out_layer", "time_text_embed.timestep_embedder.linear_2"],
	["vector_in.in_layer", "time_text_embed.text_embedder.linear_1"],
	["vector_in.out_layer", "time_text_embed.text_embedder.linear_2"],
	["guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_1"],
	["guidance_in.out_layer", "time_text_embed.guidance_embedder.linear_2"],
	["double_blocks.#.img_mod.lin", `${DOUBLE}.norm1.linear`],
	["double_blocks.#.img_attn.qkv", under(`${DOUBLE}.attn`, QKV)],
	["double_blocks.#.img_attn.proj", `${DOUBLE}.attn.to_out.0`],
	["double_blocks.#.img_mlp.0", `${DOUBLE}.ff.net.0.proj`],
	["double_blocks.#.img_mlp.2", `${DOUBLE}.ff.net.2`],
	["double_blocks.#.txt_mod.lin", `${DOUBLE}.norm1_context.linear`],
	["double_blocks.#.txt_attn.qkv", under(`${DOUBLE}.attn`, ADDED)],
	["double_blocks.#.txt_attn.proj", `${DOUBLE}.attn.to_add_out`],
	["double_blocks.#.txt_mlp.0", `${DOUBLE}.ff_context.net.0.proj`],
	["double_blocks.#.txt_mlp.2", `${DOUBLE}.ff_context.net.2`],
	["single_blocks.#.modulation.lin", `${SINGLE}.norm.linear`],
	["single_blocks.#.linear1", [...under(`${SINGLE}.attn`, QKV), `${SINGLE}.proj_mlp`]],
	["single_blocks.#.linear2", `${SINGLE}.proj_out`],
	["final_layer.adaLN_modulation.1", "norm_out.linear"],
	["final_layer.linear", "proj_out"],
];

/** XLabs hangs its LoRAs on attention processors: two streams in a double block, one in a single block. */
export const XLABS: readonly Row[] = [
	["double_blocks.#.processor.qkv_lora1", under(`${DOUBLE}.attn`, QKV)],
	["double_blocks.#.processor.proj_lora1", `${DOUBLE}.attn.to_out.0`],
	["double_blocks.#.processor.qkv_lora2", under(`${DOUBLE}.attn`, ADDED)],
	["double_blocks.#.processor.proj_lora2", `${DOUBLE}.attn.to_add_out`],
	["single_blocks.#.processor.qkv_lora", under(`${SINGLE}.attn`, QKV)],
	["single_blocks.#.processor.proj_lora", `${SINGLE}.proj_out`],
];
