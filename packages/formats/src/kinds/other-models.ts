import type { Header } from "./header.ts";

/** Models that are not supported, by names that only they have, with or without the prefix `model.diffusion_model.`. */
const OTHER_MODELS: readonly [RegExp, string][] = [
	[/^distilled_guidance_layer\./, "Chroma"],
	[
		/^(double|single)_stream_modulation(_img|_txt)?\.lin\.|^single_transformer_blocks\.0\.attn\.to_qkv_mlp_proj\./,
		"FLUX.2",
	],
	[/^early_stream_modulations\./, "FLUX.3"],
	[/^(txt_in\.individual_token_refiner|context_embedder\.token_refiner)\./, "HunyuanVideo"],
	[/^(txt_in\.text_norm|txt_norm)\.weight$|^transformer_blocks\.0\.img_mod\.1\./, "Qwen-Image"],
	[/^txtfusion\.|^text_fusion\./, "Krea 2"],
	[/^layers\.0\.adaLN_modulation\.0\.weight$/, "Z-Image"],
	[/^cap_embedder\.0\.weight$/, "Lumina 2"],
	[/^double_layers\.0\.attn\.w[12]q\./, "AuraFlow"],
	[/^double_stream_blocks\.0\.block\./, "HiDream"],
	[/^(patchify_proj\.|transformer_blocks\.\d+\.scale_shift_table$)/, "LTX-Video or PixArt"],
	[/^head\.modulation$/, "Wan"],
	[/^blocks\.0\.attn\.qkv_x\./, "Mochi"],
	[/^blocks\.0\.cross_attn\.q_linear\./, "Sana or PixArt"],
	[/^net\.blocks\./, "Cosmos"],
	[/^clip_txt_mapper\.|^down_blocks\.1\.0\.channelwise\./, "Stable Cascade"],
	[/^edm_mean$/, "Playground v2.5"],
	[/^edm_vpred\.sigma_max$/, "CosXL"],
	[/^encoder_hid_proj\.weight$/, "Kolors"],
	[
		/^(input_blocks\.\d+\.\d+|down_blocks\.\d+\.resnets\.\d+)\.(time_stack|temporal_res_block)\./,
		"Stable Video Diffusion",
	],
	[/^low_scale_model\.|^input_blocks\.10\.0\.skip_connection\.bias$/, "Stable Diffusion's upscaler"],
];

const PREFIX = "model.diffusion_model.";

/** UNets that are recognised by the channels of their input. */
const BY_CHANNELS: Readonly<Record<number, string>> = {
	5: "Stable Diffusion 2 with depth",
	7: "Stable Diffusion's upscaler",
	8: "InstructPix2Pix",
};

/** The name of a model that is not supported. Undefined if the tensors are not known to be of one. */
export function otherModel(header: Header): string | undefined {
	const names = Array.from(header.names(), (name) => (name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name));
	const named = OTHER_MODELS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
	if (named !== undefined) return named;
	const first = [`${PREFIX}input_blocks.0.0.weight`, "input_blocks.0.0.weight", "conv_in.weight"];
	const channels = first.map((name) => header.get(name)?.dims[1]).find((count) => count !== undefined);
	return channels === undefined ? undefined : BY_CHANNELS[channels];
}
