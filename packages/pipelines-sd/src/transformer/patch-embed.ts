import { add, gather, patchConv2d, type Value, type Weights } from "@drum/graph";
import type { SD3Config } from "./config.ts";

// Mirrors diffusers' PatchEmbed with a cropped position embedding:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/embeddings.py

/** Path of the table of positions. A file that diffusers did not write may lack it. */
export const POSITIONS = "pos_embed.pos_embed";

/** Projects patches of latents `[1, patches, in_channels · patch_size²]` and adds their positions `[patches, width]`. */
export function patchEmbed(w: Weights, { width, patch_size }: SD3Config, patches: Value, positions: Value): Value {
	return add(patchConv2d(w.at("proj"), patches, width, patch_size), positions);
}

/** The input for positions: row numbers of the checkpoint's table, or the rows themselves if it has no table. */
export function positionsInput(weights: Weights, { width, pos_embed_max_size }: SD3Config): Value {
	const { graph } = weights;
	if (!weights.has(POSITIONS)) return graph.input("positions", "float32", ["patches", width]);
	const rows = pos_embed_max_size ** 2;
	const table = weights.getStored(POSITIONS, [1, rows, width], [rows, width]);
	return graph.cast(gather(table, graph.input("positions", "int64", ["patches"])), graph.precision);
}
