import {
	add,
	concat,
	layerNorm,
	linear,
	repeat,
	reshape,
	slice,
	transpose,
	type Value,
	type Weights,
} from "@drum/graph";
import { clipEncoderLayer } from "./clip-encoder-layer.ts";
import type { CLIPVisionConfig } from "./config.ts";

// Mirrors transformers' CLIPVisionModelWithProjection:
// https://github.com/huggingface/transformers/blob/v5.0.0/src/transformers/models/clip/modeling_clip.py

/** Pictures `[batch, 3, image_size, image_size]`, normalised → their projected features `[batch, projection_dim]`. */
export function clipVisionModel(weights: Weights, config: CLIPVisionConfig, pixelValues: Value): Value {
	const { hidden_size, num_hidden_layers, layer_norm_eps, projection_dim } = config;
	const w = weights.at("vision_model");
	let x = clipVisionEmbeddings(w.at("embeddings"), config, pixelValues);
	x = layerNorm(w.at("pre_layrnorm"), x, layer_norm_eps);
	for (let layer = 0; layer < num_hidden_layers; layer++)
		x = clipEncoderLayer(w.at("encoder", "layers", layer), config, x, false);
	const classRow = reshape(slice(x, 1, 0, 1), [x.dims[0]!, hidden_size]);
	const pooled = layerNorm(w.at("post_layernorm"), classRow, layer_norm_eps);
	return linear(weights.at("visual_projection"), pooled, projection_dim, { bias: false });
}

/** The class row, then a row for each patch from the top left: `[batch, 1 + patches, hidden_size]`. */
function clipVisionEmbeddings(w: Weights, config: CLIPVisionConfig, pixelValues: Value): Value {
	const { hidden_size, image_size, patch_size } = config;
	const { graph } = w;
	const batch = pixelValues.dims[0]!;
	const side = Math.floor(image_size / patch_size);
	const kernel = w.at("patch_embedding").get("weight", [hidden_size, 3, patch_size, patch_size]);
	const attributes = {
		kernel_shape: { ints: [patch_size, patch_size] },
		strides: { ints: [patch_size, patch_size] },
	};
	const patches = graph.node("Conv", [pixelValues, kernel], { dims: [batch, hidden_size, side, side] }, attributes);
	const rows = transpose(reshape(patches, [batch, hidden_size, side * side]), [0, 2, 1]);
	const classRow = reshape(w.get("class_embedding", [hidden_size]), [1, 1, hidden_size]);
	const bounds = { start: { int: 0 }, end: { int: 1 } };
	const copies = graph.node("Shape", [pixelValues], { dims: [1], type: "int64" }, bounds);
	const x = concat([repeat(classRow, copies, batch), rows], 1);
	return add(x, w.at("position_embedding").get("weight", [1 + side * side, hidden_size]));
}
