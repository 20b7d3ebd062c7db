import type { Layers } from "../model.ts";
import type { Named } from "./naming.ts";

const DENOISER: readonly (readonly [RegExp, string])[] = [
	[/\.(to_[qkv]|add_[qkv]_proj)$/, ".processor.$1_lora"],
	[/\.to_out\.0$/, ".processor.to_out_lora"],
	[/\.to_add_out$/, ".processor.to_add_out_lora"],
];
const ENCODER: readonly (readonly [RegExp, string])[] = [
	[/\.self_attn\.([qkv])_proj$/, ".self_attn.to_$1_lora"],
	[/\.self_attn\.out_proj$/, ".self_attn.to_out_lora"],
];

/** Attention's layers as diffusers named their LoRAs in 2023, when these were parts of the attention's processor. */
export function processorNames(layers: Layers): Named {
	return [...layers].flatMap(([path, dims]) =>
		[...DENOISER, ...ENCODER].flatMap(([pattern, name]) =>
			pattern.test(path) ? [[path.replace(pattern, name), [{ path, dims }]] as const] : [],
		),
	);
}
