import type { FileKind } from "@drum/tensor";
import type { Header } from "./header.ts";
import { otherModel } from "./other-models.ts";
import { readSingleFile, type SingleFile } from "./single-file.ts";

const OPEN = "Give the file itself as the model";
const PART = "It is one part of a model: give the file itself as the model, together with the parts that it lacks";
const PLACE = "It is one part of a checkpoint: give the folder of the whole checkpoint, which has a model_index.json";
const NO_EXTRA = "Files of this kind are not supported: leave it out";
const NO_OTHER = "Use Stable Diffusion 1, 2, XL, 3, 3.5 or FLUX.1: other models are not supported";
const NO_QUANTIZED = 'Use the original weights; dtype "int8" or "int4" quantises them when they are loaded';

export interface WeightsKind extends FileKind {
	/** Whether these are a part of a checkpoint under the hub's names. If so, they may only be in the wrong place or incomplete. */
	readonly isPart: boolean;
}

type Row = readonly [patterns: readonly RegExp[], is: string, next: string];

/** Each pattern of a kind must match a name. The first kind that fits counts. */
const EXTRAS: readonly Row[] = [
	[
		[/\.lora_(up|down|A|B|linear_layer)\b|^lora_(unet|te\d?|transformer)_|\.hada_w1|\.lokr_w1|^lora\./],
		"a LoRA",
		"Open its model, then load it with pipeline.loadLora(…), or --lora",
	],
	[[/^controlnet_cond_embedding\.|^control_model\.|^controlnet_/], "a ControlNet", NO_EXTRA],
	[[/^ip_adapter\./], "an IP-Adapter", NO_EXTRA],
	[[/^motion_modules\.|\.motion_modules\./], "a motion module of AnimateDiff", NO_EXTRA],
	[
		[/^emb_params$|^string_to_param|^(clip_[lg]|<[^>]+>)$/],
		"a textual inversion embedding",
		"Open its model, then load it with pipeline.loadTextualInversion(…), or --textual-inversion",
	],
	[
		[/^tf\.\d+\./, /^base_query$/],
		"an adapter of DrUM",
		"Give its folder as the option adapters, and a checkpoint as the model",
	],
	[[/\.quant_state\.bitsandbytes_|\.weight\.absmax$/], "weights quantised by bitsandbytes", NO_QUANTIZED],
	[[/\.(qweight|wscales|qzeros)$/], "weights quantised by another library", NO_QUANTIZED],
	[
		[/^text_model\./, /^vision_model\./],
		"a whole CLIP",
		"Give it as the CLIP of an evaluation, and a checkpoint's folder as the model",
	],
];

/** Kinds of parts that can be recognised by a few of their names. */
const REMAINS: readonly Row[] = [
	[
		[/^model\.diffusion_model\.|^(double|joint)_blocks\.\d/],
		"a checkpoint in one file, which is incomplete or of another model",
		NO_OTHER,
	],
	[[/^first_stage_model\.|^decoder\.up\.\d/], "a VAE in the layout of one-file checkpoints", PLACE],
	[[/^time_embedding\.|^conv_in\./, /^down_blocks\./, /^up_blocks\./], "a UNet", PLACE],
	[[/^(single_)?transformer_blocks\.\d/], "a transformer of Stable Diffusion 3 or FLUX", PLACE],
	[[/^decoder\.up_blocks\./], "a VAE", PLACE],
	[[/^(text_model\.)?(encoder|embeddings)\.(layers|token_embedding)\b/], "a CLIP text encoder", PLACE],
	[[/^encoder\.block\.\d+\.layer\./], "a T5 encoder", PLACE],
];

/** Identifies weights by the names and shapes of their tensors and the file's metadata. Undefined if they are unknown. */
export function weightsKind(header: Header, metadata: Readonly<Record<string, string>> = {}): WeightsKind | undefined {
	if (metadata.drum_profile !== undefined) {
		return {
			is: "a profile of DrUM",
			next: "Give it as the option profile, and a checkpoint as the model",
			isPart: false,
		};
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

/** Parts with diffusers' or transformers' names and no prefix may come from a checkpoint's folder. */
function kindOf({ is, denoiser, vae, encoders }: SingleFile): WeightsKind {
	const parts = [denoiser, vae, ...Object.values(encoders)].filter((part) => part !== undefined);
	if (denoiser && parts.length > 1) return { is, next: OPEN, isPart: false };
	const isPart = parts.every(({ naming, prefix }) => naming === "diffusers" && prefix === "");
	return { is, next: isPart ? PLACE : PART, isPart };
}
