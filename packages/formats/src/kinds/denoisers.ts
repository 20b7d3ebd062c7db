import { Below, type Header } from "./header.ts";

/** The models whose denoisers are recognised. `builtInConfigs` says which of them can run. */
export type ModelKind =
	| "sd1"
	| "sd2"
	| "sdxl"
	| "sd3-medium"
	| "sd3.5-medium"
	| "sd3.5-large"
	| "flux-dev"
	| "flux-schnell"
	| "sd1-inpainting"
	| "sd2-inpainting"
	| "sdxl-inpainting"
	| "sdxl-refiner"
	| "flux-fill"
	| "flux-depth";

/** Whose names the tensors of a part have: those of its authors' code, as in checkpoints in one file, or those of diffusers. */
export type Naming = "original" | "diffusers";

/** A denoiser in a file. */
export interface DenoiserPart {
	readonly kind: ModelKind;
	/** The model's name for messages. */
	readonly title: string;
	/** The kind of denoiser for messages. */
	readonly is: string;
	/** The prefix of its tensors' names. */
	readonly prefix: string;
	readonly naming: Naming;
	/** What it predicts, if the file has a key for that. */
	readonly predictionType?: "v_prediction" | undefined;
	/** Whether its last training step is pure noise, if the file has a key for that. */
	readonly zeroTerminalSnr?: boolean | undefined;
}

const TITLES: Readonly<Record<ModelKind, string>> = {
	sd1: "Stable Diffusion 1",
	sd2: "Stable Diffusion 2",
	sdxl: "Stable Diffusion XL",
	"sd3-medium": "Stable Diffusion 3 medium",
	"sd3.5-medium": "Stable Diffusion 3.5 medium",
	"sd3.5-large": "Stable Diffusion 3.5 large",
	"flux-dev": "FLUX.1 dev",
	"flux-schnell": "FLUX.1 schnell",
	"sd1-inpainting": "Stable Diffusion 1 for inpainting",
	"sd2-inpainting": "Stable Diffusion 2 for inpainting",
	"sdxl-inpainting": "Stable Diffusion XL for inpainting",
	"sdxl-refiner": "Stable Diffusion XL's refiner",
	"flux-fill": "FLUX.1 Fill",
	"flux-depth": "FLUX.1 Depth or Canny",
};

const PREFIXES = ["model.diffusion_model.", ""];

/** Finds the denoiser among a file's tensors. Undefined if there is none that is known. */
export function findDenoiser(header: Header): DenoiserPart | undefined {
	for (const prefix of PREFIXES) {
		const below = new Below(header, prefix);
		for (const [naming, is, kindOf] of DENOISERS) {
			const kind = kindOf(below, header);
			if (kind === undefined) continue;
			const isV = header.get("v_pred") !== undefined;
			return {
				...{ kind, title: TITLES[kind], is, prefix, naming },
				...(isV && { predictionType: "v_prediction" as const, zeroTerminalSnr: header.get("ztsnr") !== undefined }),
			};
		}
	}
	return undefined;
}

type KindOf = (below: Below, header: Header) => ModelKind | undefined;

const DENOISERS: readonly [Naming, string, KindOf][] = [
	["original", "the transformer", originalFlux],
	["original", "the transformer", originalSD3],
	["original", "the UNet", originalUNet],
	["diffusers", "the transformer", diffusersFlux],
	["diffusers", "the transformer", diffusersSD3],
	["diffusers", "the UNet", diffusersUNet],
];

function originalFlux(below: Below): ModelKind | undefined {
	// Others have these blocks too: Chroma, FLUX.2, HunyuanVideo.
	if (!below.has("double_blocks.0.img_attn.norm.key_norm.scale", "img_in.weight", "vector_in.in_layer.weight"))
		return undefined;
	return fluxKind(below.dims("img_in.weight")?.[1], below.has("guidance_in.in_layer.weight"));
}

function diffusersFlux(below: Below): ModelKind | undefined {
	if (!below.has("transformer_blocks.0.attn.add_q_proj.weight", "x_embedder.weight", TEXT_EMBEDDER)) return undefined;
	const guided = below.has("time_text_embed.guidance_embedder.linear_1.weight");
	return fluxKind(below.dims("x_embedder.weight")?.[1], guided);
}

const TEXT_EMBEDDER = "time_text_embed.text_embedder.linear_1.weight";

/** Decides by the channels of an input patch: latents, latents with other latents, or both with a mask. */
function fluxKind(channels: number | undefined, guided: boolean): ModelKind {
	if (channels === 384) return "flux-fill";
	if (channels === 128) return "flux-depth";
	return guided ? "flux-dev" : "flux-schnell";
}

function originalSD3(below: Below): ModelKind | undefined {
	if (!below.has("joint_blocks.0.context_block.adaLN_modulation.1.bias")) return undefined;
	return sd3Kind(
		below.has("joint_blocks.0.x_block.attn2.qkv.weight"),
		below.has("joint_blocks.0.x_block.attn.ln_q.weight"),
	);
}

function diffusersSD3(below: Below): ModelKind | undefined {
	if (!below.has("transformer_blocks.0.attn.add_q_proj.weight", "pos_embed.proj.weight", TEXT_EMBEDDER))
		return undefined;
	const dual = below.has("transformer_blocks.0.attn2.to_q.weight");
	return sd3Kind(dual, below.has("transformer_blocks.0.attn.norm_q.weight"));
}

/** 3.5 normalises queries and keys, and 3.5 medium also has a second attention in its first blocks. */
function sd3Kind(dual: boolean, normed: boolean): ModelKind {
	if (dual) return "sd3.5-medium";
	return normed ? "sd3.5-large" : "sd3-medium";
}

function originalUNet(below: Below, header: Header): ModelKind | undefined {
	const [, channels] = below.dims("input_blocks.0.0.weight") ?? [];
	const [, width] = below.find(/^input_blocks\.\d+\.1\.transformer_blocks\.0\.attn2\.to_k\.weight$/) ?? [];
	return width === undefined ? undefined : unetKind(channels, width, header, below);
}

function diffusersUNet(below: Below, header: Header): ModelKind | undefined {
	const [, channels] = below.dims("conv_in.weight") ?? [];
	const [, width] = below.find(/^down_blocks\.\d+\.attentions\.0\.transformer_blocks\.0\.attn2\.to_k\.weight$/) ?? [];
	return width === undefined || !below.has("time_embedding.linear_1.weight")
		? undefined
		: unetKind(channels, width, header, below);
}

const BY_WIDTH: Readonly<Record<number, UNetKind>> = { 768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: "sdxl-refiner" };

type UNetKind = "sd1" | "sd2" | "sdxl" | "sdxl-refiner";

/** 4 channels of latents, 4 of the masked picture, and a mask. */
const INPAINTING_CHANNELS = 9;

function unetKind(channels: number | undefined, width: number, header: Header, below: Below): ModelKind | undefined {
	const kind = BY_WIDTH[width] ?? byEncoders(header) ?? byLayers(below);
	if (kind === undefined || channels === 4) return kind;
	return channels === INPAINTING_CHANNELS && kind !== "sdxl-refiner" ? `${kind}-inpainting` : undefined;
}

/** Decides for a UNet of another width, by the text encoders in the same file. */
function byEncoders(header: Header): UNetKind | undefined {
	const has = (pattern: RegExp) => new Below(header, "").find(pattern) !== undefined;
	if (has(/^conditioner\.embedders\.1\./)) return "sdxl";
	if (has(/^conditioner\.embedders\.0\.model\./)) return "sdxl-refiner";
	if (has(/^cond_stage_model\.model\./)) return "sd2";
	return has(/^cond_stage_model\.transformer\./) ? "sd1" : undefined;
}

/** Decides for a UNet alone: only XL has added embeddings, and Stable Diffusion 1 projects by a 1×1 convolution instead of a matrix. */
function byLayers(below: Below): UNetKind | undefined {
	if (below.has("label_emb.0.0.weight") || below.has("add_embedding.linear_1.weight")) return "sdxl";
	const projection = below.find(/^(input_blocks\.\d+\.1|down_blocks\.\d+\.attentions\.0)\.proj_in\.weight$/);
	if (projection === undefined) return undefined;
	return projection.length === 2 ? "sd2" : "sd1";
}
