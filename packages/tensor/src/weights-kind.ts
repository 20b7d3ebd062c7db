import type { FileKind } from "./file-kind.ts";

const CONVERT =
	"Checkpoints in one file are not read: convert it with diffusers' from_single_file(…) and save_pretrained(…), or give the hub's " +
	"repository of the same model";
const PLACE = "It is a part of a checkpoint: give the folder of the whole, with its model_index.json";
const NO_EXTRA = "It changes a model, and is not applied here: leave it out";

export interface WeightsKind extends FileKind {
	/** Whether a checkpoint consists of such: they may only be of another part, or not whole. */
	readonly isPart: boolean;
}

/** Kinds by tensors' names: all of them must match one each; the first kind that fits. */
const KINDS: readonly [readonly RegExp[], string, string][] = [
	[
		[/\.lora_(up|down|A|B|linear_layer)\b|^lora_(unet|te\d?|transformer)_|\.hada_w1|\.lokr_w1|^lora\./],
		"a LoRA",
		"LoRAs are not applied here: merge it into its model with diffusers (load_lora_weights, fuse_lora, save_pretrained)",
	],
	[[/^controlnet_cond_embedding\.|^control_model\.|^controlnet_/], "a ControlNet", NO_EXTRA],
	[[/^ip_adapter\./], "an IP-Adapter", NO_EXTRA],
	[[/^motion_modules\.|\.motion_modules\./], "a motion module of AnimateDiff", NO_EXTRA],
	[[/^emb_params$|^string_to_param|^(clip_[lg]|<[^>]+>)$/], "a textual inversion embedding", NO_EXTRA],
	[[/^model\.diffusion_model\.joint_blocks\./], "a checkpoint of Stable Diffusion 3 in one file", CONVERT],
	[[/^model\.diffusion_model\.double_blocks\.|^double_blocks\./], "FLUX in one file", CONVERT],
	[
		[/^model\.diffusion_model\./, /^conditioner\.embedders\./],
		"a checkpoint of Stable Diffusion XL in one file",
		CONVERT,
	],
	[
		[/^model\.diffusion_model\./, /^cond_stage_model\.model\./],
		"a checkpoint of Stable Diffusion 2 in one file",
		CONVERT,
	],
	[[/^model\.diffusion_model\./], "a checkpoint in one file", CONVERT],
	[[/^first_stage_model\.|^decoder\.up\.\d/], "a VAE in the layout of one-file checkpoints", CONVERT],
	[
		[/^tf\.\d+\./, /^base_query$/],
		"an adapter of DrUM",
		"Give its folder as the adapters, and a checkpoint as the model",
	],
	[[/^time_embedding\.|^conv_in\./, /^down_blocks\./, /^up_blocks\./], "a UNet", PLACE],
	[[/^(single_)?transformer_blocks\.\d/], "a transformer of Stable Diffusion 3 or FLUX", PLACE],
	[[/^decoder\.up_blocks\./], "a VAE", PLACE],
	[
		[/^text_model\./, /^vision_model\./],
		"a whole CLIP",
		"It goes in as the CLIP of an evaluation; a model is a checkpoint's folder",
	],
	[[/^(text_model\.)?(encoder|embeddings)\.(layers|token_embedding)\b/], "a CLIP text encoder", PLACE],
	[[/^encoder\.block\.\d+\.layer\./], "a T5 encoder", PLACE],
];

/** What weights are by their tensors' names and the file's metadata; undefined where that is not known. */
export function weightsKind(
	names: Iterable<string>,
	metadata: Readonly<Record<string, string>> = {},
): WeightsKind | undefined {
	if (metadata.drum_profile !== undefined) {
		return { is: "a profile of DrUM", next: "Give it as the profile, and a checkpoint as the model", isPart: false };
	}
	const all = [...names];
	const found = KINDS.find(([patterns]) => patterns.every((pattern) => all.some((name) => pattern.test(name))));
	return found && { is: found[1], next: found[2], isPart: found[2] === PLACE };
}
