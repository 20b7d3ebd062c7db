import { describe, expect, it } from "vitest";
import { headerOf, weightsKind } from "../index.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

const kindOf = (shapes: Shapes) =>
	weightsKind(headerOf(new Map(Object.entries(shapes).map(([name, dims]) => [name, { dims }]))));

describe("the kind of weights by the names of their tensors", () => {
	const L = "text_model.encoder.layers.0.self_attn.q_proj.weight";
	const DOWN = "down_blocks.0.resnets.0.conv1.weight";
	it.each([
		["a LoRA", ["unet.down_blocks.0.attn.to_q.lora_A.weight", DOWN]],
		["a LoRA", ["lora_unet_down_blocks_0_attn_to_q.lora_up.weight"]],
		["a LoRA", ["lora_te1_text_model_encoder_layers_0.alpha"]],
		["a checkpoint in one file", ["model.diffusion_model.out.0.weight", "first_stage_model.x"]],
		["a ControlNet", ["controlnet_cond_embedding.conv_in.weight", DOWN]],
		["a textual inversion embedding", ["<cat-toy>"]],
		["a textual inversion embedding", ["clip_g", "clip_l"]],
		["an adapter of DrUM", ["base_query", "tf.0.attn.query.weight"]],
		["a UNet", ["conv_in.weight", DOWN, "up_blocks.0.x"]],
		["a transformer", ["transformer_blocks.0.attn.to_q.weight"]],
		["a VAE", ["encoder.conv_in.weight", "decoder.up_blocks.0.x"]],
		["a whole CLIP", [L, "vision_model.embeddings.class_embedding"]],
		["a CLIP text encoder", [L]],
		["a T5 encoder", ["encoder.block.0.layer.0.SelfAttention.q.weight"]],
		["bitsandbytes", ["double_blocks.0.img_mlp.0.weight.quant_state.bitsandbytes__nf4"]],
		["Chroma", ["model.diffusion_model.distilled_guidance_layer.in_proj.bias"]],
		["FLUX.2", ["double_blocks.0.x", "double_stream_modulation_img.lin.weight"]],
		["Z-Image", ["layers.0.adaLN_modulation.0.weight", "cap_embedder.0.weight"]],
		["Qwen-Image", ["transformer_blocks.0.img_mod.1.weight"]],
		["Playground v2.5", ["edm_mean", "model.diffusion_model.out.0.weight"]],
	])("%s", (is, names) => {
		expect(weightsKind(headerOf(names))?.is).toContain(is);
	});

	it("a profile is recognised by its metadata, and unknown names are not recognised", () => {
		expect(weightsKind(headerOf(["features"]), { drum_profile: "1" })?.is).toBe("a profile of DrUM");
		expect(weightsKind(headerOf(["a", "b"]))).toBeUndefined();
		expect(weightsKind(headerOf([]))).toBeUndefined();
	});
});

const UNET: Shapes = {
	"model.diffusion_model.input_blocks.0.0.weight": [320, 4, 3, 3],
	"model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [640, 2048],
};
const VAE: Shapes = { "decoder.conv_in.weight": [512, 4, 3, 3], "decoder.mid_block.resnets.0.conv1.weight": [1] };

describe("the kind of weights by their shapes", () => {
	it("a checkpoint in one file can be given as it is", () => {
		const kind = kindOf({
			...UNET,
			...Object.fromEntries(Object.entries(VAE).map(([name, dims]) => [`vae.${name}`, dims])),
		});
		expect(kind).toMatchObject({ is: "a checkpoint of Stable Diffusion XL in one file", isPart: false });
		expect(kind?.next).toContain("the file itself");
	});

	it("a part in its own file only belongs to a checkpoint's folder if it has the hub's names", () => {
		expect(kindOf(UNET)).toMatchObject({ is: "the UNet of Stable Diffusion XL alone", isPart: false });
		expect(kindOf(VAE)).toMatchObject({ is: "a VAE of 4 channels", isPart: true });
	});

	it.each([
		[8, "InstructPix2Pix"],
		[7, "upscaler"],
		[5, "with depth"],
	])("a UNet with %s input channels is another model", (channels, is) => {
		const other = { ...UNET, "model.diffusion_model.input_blocks.0.0.weight": [320, channels, 3, 3] };
		expect(kindOf(other)?.is).toContain(is);
	});
});
