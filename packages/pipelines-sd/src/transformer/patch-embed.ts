import { add, gather, patchConv2d, type Value, type Weights } from "@drum/graph";
import type { SD3Config } from "./config.ts";

// Mirrors diffusers' PatchEmbed with a cropped position embedding:
// https://github.com/huggingface/diffusers/blob/v0.42.1/src/diffusers/models/embeddings.py

/** The table of positions, as a weight's path; a file that was not written by diffusers may lack it. */
export const POSITIONS = "pos_embed.pos_embed";

/** Latents' patches `[1, patches, in_channels · patch_size²]`, projected, at their positions `[patches, width]`. */
export function patchEmbed(w: Weights, { width, patch_size }: SD3Config, patches: Value, positions: Value): Value {
	return add(patchConv2d(w.at("proj"), patches, width, patch_size), positions);
}

/** Rows of the checkpoint's table, fed as their numbers; or as they are, where it has no table. */
export function positionsInput(weights: Weights, { width, pos_embed_max_size }: SD3Config): Value {
	const { graph } = weights;
	if (!weights.has(POSITIONS)) return graph.input("positions", "float32", ["patches", width]);
	const rows = pos_embed_max_size ** 2;
	const table = weights.getStored(POSITIONS, [1, rows, width], [rows, width]);
	return graph.cast(gather(table, graph.input("positions", "int64", ["patches"])), graph.precision);
}
