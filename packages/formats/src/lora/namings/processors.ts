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

/** The names of attention layers in diffusers' LoRAs of 2023, which were parts of the attention processor. */
export function processorNames(layers: Layers): Named {
	return [...layers].flatMap(([path, dims]) =>
		[...DENOISER, ...ENCODER].flatMap(([pattern, name]) =>
			pattern.test(path) ? [[path.replace(pattern, name), [{ path, dims }]] as const] : [],
		),
	);
}
