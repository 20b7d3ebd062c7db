import type { Naming } from "./denoisers.ts";
import { Below, type Header } from "./header.ts";

/** A text encoder in a file. */
export interface EncoderPart {
	/** Its name for messages. */
	readonly is: string;
	/** The prefix of its tensors' names. */
	readonly prefix: string;
	/** `original` is OpenCLIP, `diffusers` is transformers. */
	readonly naming: Naming;
}

const CLIPS = {
	L: "the text encoder of CLIP ViT-L",
	H: "the text encoder of OpenCLIP ViT-H",
	bigG: "the text encoder of OpenCLIP ViT-bigG",
};
const BY_WIDTH: Readonly<Record<number, keyof typeof CLIPS>> = { 768: "L", 1024: "H", 1280: "bigG" };

/** Prefixes of encoders in checkpoints in one file. In a file with only an encoder, its width tells which one it is. */
const PLACES: readonly [prefix: string, encoder: keyof typeof CLIPS | undefined][] = [
	["cond_stage_model.transformer.", "L"],
	["cond_stage_model.model.", "H"],
	["conditioner.embedders.0.transformer.", "L"],
	["conditioner.embedders.0.model.", "bigG"],
	["conditioner.embedders.1.model.", "bigG"],
	["text_encoders.clip_l.transformer.", "L"],
	["text_encoders.clip_g.transformer.", "bigG"],
	["", undefined],
];
const T5_PLACES = ["text_encoders.t5xxl.transformer.", ""];

/** Finds the text encoders among a file's tensors, by their names in a mix. */
export function findEncoders(header: Header): Record<string, EncoderPart> {
	const found: Record<string, EncoderPart> = {};
	for (const [prefix, named] of PLACES) {
		const below = new Below(header, prefix);
		const naming = namingOf(below);
		const encoder = naming && (named ?? BY_WIDTH[widthOf(below)!]);
		if (naming && encoder) found[encoder] ??= { is: CLIPS[encoder], prefix, naming };
	}
	for (const prefix of T5_PLACES) {
		const below = new Below(header, prefix);
		if (!below.has("encoder.block.0.layer.0.SelfAttention.q.weight")) continue;
		// Each block has its own only in UMT5, which Wan and others use.
		if (below.has("encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight")) continue;
		found.T5 ??= { is: "a T5 encoder", prefix, naming: "diffusers" };
	}
	return found;
}

/** Finds the text encoder with this name in a file. A file with only one CLIP of unknown width has it under any CLIP's name. */
export function findEncoder(header: Header, name: string): EncoderPart | undefined {
	const found = findEncoders(header);
	const naming = namingOf(new Below(header, ""));
	const isOther = Object.values(found).some(({ prefix }) => prefix === "");
	if (found[name] || !Object.hasOwn(CLIPS, name) || !naming || isOther) return found[name];
	return { is: CLIPS[name as keyof typeof CLIPS], prefix: "", naming };
}

function namingOf(below: Below): Naming | undefined {
	if (below.has("token_embedding.weight", "transformer.resblocks.0.attn.in_proj_weight")) return "original";
	const inner = TEXT_MODEL.find((step) => below.has(`${step}embeddings.token_embedding.weight`));
	return inner === undefined ? undefined : "diffusers";
}

/** transformers 5 leaves out this step if the model is only a text model. */
const TEXT_MODEL = ["text_model.", ""];

function widthOf(below: Below): number | undefined {
	const names = ["token_embedding.weight", ...TEXT_MODEL.map((step) => `${step}embeddings.token_embedding.weight`)];
	return names.map((name) => below.dims(name)?.[1]).find((width) => width !== undefined);
}
