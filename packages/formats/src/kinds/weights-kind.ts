import type { FileKind } from "@drum/tensor";
import type { Header } from "./header.ts";
import { otherModel } from "./other-models.ts";
import { readSingleFile, type SingleFile } from "./single-file.ts";

const OPEN = "Give the file itself as the model";
const PART = "It is a part of a model: give the file itself as the model, and what else belongs to it";
const PLACE = "It is a part of a checkpoint: give the folder of the whole, with its model_index.json";
const NO_EXTRA = "It changes a model, and is not applied here: leave it out";
const NO_OTHER = "Models that are run here: Stable Diffusion 1, 2, XL, 3, 3.5 and FLUX.1";
const NO_QUANTIZED = 'Take the weights that it was made of; dtype "int8" or "int4" makes small ones of them';

export interface WeightsKind extends FileKind {
	/** Whether a checkpoint consists of such: they may only be of another part, or not whole. */
	readonly isPart: boolean;
}

type Row = readonly [patterns: readonly RegExp[], is: string, next: string];

/** Kinds by names that all must match one each; the first that fits. */
const EXTRAS: readonly Row[] = [
	[
		[/\.lora_(up|down|A|B|linear_layer)\b|^lora_(unet|te\d?|transformer)_|\.hada_w1|\.lokr_w1|^lora\./],
		"a LoRA",
		"It changes a model: open its model, then load it by loadLora, or --lora in a shell",
	],
	[[/^controlnet_cond_embedding\.|^control_model\.|^controlnet_/], "a ControlNet", NO_EXTRA],
	[[/^ip_adapter\./], "an IP-Adapter", NO_EXTRA],
	[[/^motion_modules\.|\.motion_modules\./], "a motion module of AnimateDiff", NO_EXTRA],
	[
		[/^emb_params$|^string_to_param|^(clip_[lg]|<[^>]+>)$/],
		"a textual inversion embedding",
		"Load it into its model: pipeline.loadTextualInversion(…), or --textual-inversion",
	],
	[
		[/^tf\.\d+\./, /^base_query$/],
		"an adapter of DrUM",
		"Give its folder as the adapters, and a checkpoint as the model",
	],
	[[/\.quant_state\.bitsandbytes_|\.weight\.absmax$/], "weights that bitsandbytes has quantised", NO_QUANTIZED],
	[[/\.(qweight|wscales|qzeros)$/], "weights that another library has quantised", NO_QUANTIZED],
	[
		[/^text_model\./, /^vision_model\./],
		"a whole CLIP",
		"It goes in as the CLIP of an evaluation; a model is a checkpoint's folder",
	],
];

/** Those that only some of the names tell that a part has. */
const REMAINS: readonly Row[] = [
	[
		[/^model\.diffusion_model\.|^(double|joint)_blocks\.\d/],
		"a checkpoint in one file, of another model or not whole",
		NO_OTHER,
	],
	[[/^first_stage_model\.|^decoder\.up\.\d/], "a VAE in the layout of one-file checkpoints", PLACE],
	[[/^time_embedding\.|^conv_in\./, /^down_blocks\./, /^up_blocks\./], "a UNet", PLACE],
	[[/^(single_)?transformer_blocks\.\d/], "a transformer of Stable Diffusion 3 or FLUX", PLACE],
	[[/^decoder\.up_blocks\./], "a VAE", PLACE],
	[[/^(text_model\.)?(encoder|embeddings)\.(layers|token_embedding)\b/], "a CLIP text encoder", PLACE],
	[[/^encoder\.block\.\d+\.layer\./], "a T5 encoder", PLACE],
];

/** What weights are by their tensors' names and shapes and the file's metadata; undefined where that is not known. */
export function weightsKind(header: Header, metadata: Readonly<Record<string, string>> = {}): WeightsKind | undefined {
	if (metadata.drum_profile !== undefined) {
		return { is: "a profile of DrUM", next: "Give it as the profile, and a checkpoint as the model", isPart: false };
	}
	const names = [...header.names()];
	const extra = firstOf(EXTRAS, names);
	if (extra) return extra;
	const other = otherModel(header);
	if (other !== undefined) return { is: other, next: NO_OTHER, isPart: false };
	const held = readSingleFile(header);
	return held ? kindOf(held) : firstOf(REMAINS, names);
}

function firstOf(rows: readonly Row[], names: readonly string[]): WeightsKind | undefined {
	const found = rows.find(([patterns]) => patterns.every((pattern) => names.some((name) => pattern.test(name))));
	return found && { is: found[1], next: found[2], isPart: found[2] === PLACE };
}

/** A part under diffusers' or transformers' own names may lie in a checkpoint's folder. */
function kindOf({ is, denoiser, vae, encoders }: SingleFile): WeightsKind {
	const parts = [denoiser, vae, ...Object.values(encoders)].filter((part) => part !== undefined);
	if (denoiser && parts.length > 1) return { is, next: OPEN, isPart: false };
	const isPart = parts.every(({ naming, prefix }) => naming === "diffusers" && prefix === "");
	return { is, next: isPart ? PLACE : PART, isPart };
}
