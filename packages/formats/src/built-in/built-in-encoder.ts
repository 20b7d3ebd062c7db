import type { Header } from "../kinds/header.ts";
import { findEncoders } from "../kinds/text-encoders.ts";
import type { Json } from "./json.ts";
import { CLIP_BIG_G, CLIP_H, CLIP_L_PROJECTED, T5_XXL } from "./text-encoders.ts";
import { clipTokenizer, T5_TOKENIZER } from "./tokenizers.ts";

/** A text encoder's `config.json` and its `tokenizer_config.json`. */
export interface BuiltInEncoder {
	readonly config: Json;
	readonly tokenizer: Json;
}

/** From `openai/clip-vit-large-patch14`, laion's ViT-H and ViT-bigG, and `google/t5-v1_1-xxl`, with their projections. */
const ENCODERS: Readonly<Record<string, BuiltInEncoder>> = {
	L: { config: CLIP_L_PROJECTED, tokenizer: clipTokenizer("<|endoftext|>") },
	H: { config: { ...CLIP_H, projection_dim: 1024 }, tokenizer: clipTokenizer("!") },
	bigG: { config: CLIP_BIG_G, tokenizer: clipTokenizer("!") },
	T5: { config: T5_XXL, tokenizer: T5_TOKENIZER },
};

/** A tensor of ViT-H's last block, which Stable Diffusion 2 leaves out. */
const LAST_OF_H = /\.23\.(ln_1|layer_norm1)\.weight$/;

/** The published configuration of a text encoder, by its name in a mix, `L`, `H`, `bigG` or `T5`, as it fits the file. */
export function builtInEncoder(name: string, file: Header): BuiltInEncoder | undefined {
	const built = Object.hasOwn(ENCODERS, name) ? ENCODERS[name] : undefined;
	if (name !== "H" || !built) return built;
	const { prefix = "" } = findEncoders(file).H ?? {};
	const isWhole = [...file.names()].some((tensor) => tensor.startsWith(prefix) && LAST_OF_H.test(tensor));
	return isWhole ? { ...built, config: { ...built.config, num_hidden_layers: 24 } } : built;
}
