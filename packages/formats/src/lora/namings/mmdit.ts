import type { Row } from "./naming.ts";

const BLOCK = "transformer_blocks.#";
const qkv = (path: string) => [`${path}.to_q`, `${path}.to_k`, `${path}.to_v`];

/** Stable Diffusion 3's layers under the names of its authors, https://github.com/Stability-AI/sd3.5/blob/main/mmditx.py. */
export const MMDIT: readonly Row[] = [
	["x_embedder.proj", "pos_embed.proj"],
	["context_embedder", "context_embedder"],
	["t_embedder.mlp.0", "time_text_embed.timestep_embedder.linear_1"],
	["t_embedder.mlp.2", "time_text_embed.timestep_embedder.linear_2"],
	["y_embedder.mlp.0", "time_text_embed.text_embedder.linear_1"],
	["y_embedder.mlp.2", "time_text_embed.text_embedder.linear_2"],
	["joint_blocks.#.x_block.adaLN_modulation.1", `${BLOCK}.norm1.linear`],
	["joint_blocks.#.x_block.attn.qkv", qkv(`${BLOCK}.attn`)],
	["joint_blocks.#.x_block.attn.proj", `${BLOCK}.attn.to_out.0`],
	["joint_blocks.#.x_block.attn2.qkv", qkv(`${BLOCK}.attn2`)],
	["joint_blocks.#.x_block.attn2.proj", `${BLOCK}.attn2.to_out.0`],
	["joint_blocks.#.x_block.mlp.fc1", `${BLOCK}.ff.net.0.proj`],
	["joint_blocks.#.x_block.mlp.fc2", `${BLOCK}.ff.net.2`],
	["joint_blocks.#.context_block.adaLN_modulation.1", `${BLOCK}.norm1_context.linear`],
	[
		"joint_blocks.#.context_block.attn.qkv",
		[`${BLOCK}.attn.add_q_proj`, `${BLOCK}.attn.add_k_proj`, `${BLOCK}.attn.add_v_proj`],
	],
	["joint_blocks.#.context_block.attn.proj", `${BLOCK}.attn.to_add_out`],
	["joint_blocks.#.context_block.mlp.fc1", `${BLOCK}.ff_context.net.0.proj`],
	["joint_blocks.#.context_block.mlp.fc2", `${BLOCK}.ff_context.net.2`],
	["final_layer.adaLN_modulation.1", "norm_out.linear"],
	["final_layer.linear", "proj_out"],
];
