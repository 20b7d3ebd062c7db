import { readFileSync } from "node:fs";
import { type DataType, parseSafetensors, type Tensor } from "@drum/tensor";
import { type Shapes, table, tableWeights } from "@drum/test-weights";
import { type CLIPTextConfig, type CLIPVisionConfig, parseCLIPTextConfig, parseCLIPVisionConfig } from "../index.ts";

// Numbers and weights of tooling/golden/clip_vision.py.

const read = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));

type Size = [width: number, height: number, channels: number];

export const described = JSON.parse(read("clip-vision.json").toString()) as {
	configs: Record<"patch8" | "patch14" | "real", Record<string, unknown>>;
	sizes: Record<"patch14" | "real", Size[]>;
	cases: Record<string, { preprocessor: Record<string, unknown>; pictures: Size[] }>;
	prompts: string[];
};

const { tensors } = parseSafetensors(read("clip-vision.safetensors"), "clip-vision.safetensors");

export function golden<T extends DataType = "float32">(name: string): Tensor<T> {
	return tensors.get(name) as Tensor<T>;
}

/** All tensors of a model with this `config.json`: a whole CLIP model, or an image encoder. */
export function weightsOfConfig(config: Record<string, unknown>, type: "float32" | "float16" = "float32") {
	const vision = visionShapes(parseCLIPVisionConfig(config, "config.json"));
	const text = config.text_config ? textShapes(parseCLIPTextConfig(config, "config.json")) : {};
	return tableWeights({ ...vision, ...text }, type, { table: table(11), scaleOf });
}

/** For matrices a power of two, about the deviation that keeps the size of sums. 0 for norms' weights. */
export function scaleOf(name: string, dims: readonly number[]): number {
	if (name.includes("norm") && name.endsWith("weight")) return 0;
	if (name.includes("norm") || name.endsWith("bias") || dims.length < 2) return 0.125;
	if (name.includes("position_embedding") || name.includes("token_embedding")) return 0.5;
	const inputs = dims.slice(1).reduce((product, dim) => product * dim, 1);
	return 2 ** (1 - Math.round(Math.log2(inputs) / 2));
}

function visionShapes(config: CLIPVisionConfig): Shapes {
	const { hidden_size: width, patch_size: patch, image_size, projection_dim } = config;
	return {
		"vision_model.embeddings.class_embedding": [width],
		"vision_model.embeddings.patch_embedding.weight": [width, 3, patch, patch],
		"vision_model.embeddings.position_embedding.weight": [1 + Math.floor(image_size / patch) ** 2, width],
		...normShapes("vision_model.pre_layrnorm", width),
		...layerShapes("vision_model", config),
		...normShapes("vision_model.post_layernorm", width),
		"visual_projection.weight": [projection_dim, width],
	};
}

function textShapes(config: CLIPTextConfig): Shapes {
	const { hidden_size: width, vocab_size, max_position_embeddings, projection_dim } = config;
	return {
		logit_scale: [],
		"text_model.embeddings.token_embedding.weight": [vocab_size, width],
		"text_model.embeddings.position_embedding.weight": [max_position_embeddings, width],
		...layerShapes("text_model", config),
		...normShapes("text_model.final_layer_norm", width),
		"text_projection.weight": [projection_dim!, width],
	};
}

function layerShapes(tower: string, config: CLIPTextConfig | CLIPVisionConfig): Shapes {
	const { hidden_size: width, intermediate_size: inner, num_hidden_layers } = config;
	const layers = Array.from({ length: num_hidden_layers }, (_, i) => {
		const at = `${tower}.encoder.layers.${i}`;
		const attention = ["q_proj", "k_proj", "v_proj", "out_proj"].map((name) =>
			linearShapes(`${at}.self_attn.${name}`, width, width),
		);
		const norms = ["layer_norm1", "layer_norm2"].map((name) => normShapes(`${at}.${name}`, width));
		const mlp = [linearShapes(`${at}.mlp.fc1`, inner, width), linearShapes(`${at}.mlp.fc2`, width, inner)];
		return Object.assign({}, ...attention, ...norms, ...mlp) as Shapes;
	});
	return Object.assign({}, ...layers);
}

function linearShapes(name: string, out: number, width: number): Shapes {
	return { [`${name}.weight`]: [out, width], [`${name}.bias`]: [out] };
}

function normShapes(name: string, width: number): Shapes {
	return { [`${name}.weight`]: [width], [`${name}.bias`]: [width] };
}
