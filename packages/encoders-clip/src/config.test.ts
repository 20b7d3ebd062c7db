import { CheckpointError } from "@drum/tensor";
import { describe, expect, it } from "vitest";
import { parseCLIPTextConfig, parseCLIPVisionConfig } from "./index.ts";

const NEEDED = { hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 };
const parse = (config: unknown) => parseCLIPTextConfig(config, "text_encoder/config.json");

describe("a CLIP text configuration", () => {
	it("has transformers' defaults where it is silent", () => {
		expect(parse(NEEDED)).toEqual({
			...NEEDED,
			vocab_size: 49408,
			max_position_embeddings: 77,
			hidden_act: "quick_gelu",
			layer_norm_eps: 1e-5,
			eos_token_id: 49407,
		});
	});

	it("is the text_config of a whole CLIP model, with the whole model's projection_dim if it has one", () => {
		const vision_config = { hidden_size: 1024 };
		expect(parse({ projection_dim: 512, text_config: NEEDED, vision_config }).projection_dim).toBe(512);
		const own = { ...NEEDED, projection_dim: 640 };
		expect(parse({ projection_dim: 512, text_config: own, vision_config }).projection_dim).toBe(512);
		expect(parse({ text_config: own, vision_config }).projection_dim).toBe(640);
	});

	it("may have more fields, which are ignored", () => {
		expect(parse({ ...NEEDED, dropout: 0, architectures: ["CLIPTextModel"] })).toEqual(parse(NEEDED));
	});

	it.each([
		["hidden_size", undefined],
		["intermediate_size", undefined],
		["num_hidden_layers", undefined],
		["num_attention_heads", undefined],
		["hidden_size", "768"],
		["hidden_size", 768.5],
		["hidden_size", -768],
		["hidden_size", 1e12],
		["num_hidden_layers", 0],
		["num_hidden_layers", 100_000],
		["num_attention_heads", null],
		["vocab_size", Number.NaN],
		["max_position_embeddings", [77]],
		["hidden_act", "sine"],
		["hidden_act", 3],
		["layer_norm_eps", 0],
		["layer_norm_eps", "1e-5"],
		["layer_norm_eps", Number.POSITIVE_INFINITY],
		["eos_token_id", -1],
		["eos_token_id", [2]],
		["projection_dim", 0],
	])("with %s %j is refused by that name", (field, value) => {
		const call = () => parse({ ...NEEDED, [field]: value });
		expect(call).toThrow(CheckpointError);
		expect(call).toThrow(`${field} of text_encoder/config.json`);
	});

	it.each([[null], [undefined], ["text"], [[]], [{}], [{ text_config: {} }], [{ text_config: null }]])(
		"is refused if it is %j",
		(config) => {
			expect(() => parse(config)).toThrow(CheckpointError);
		},
	);

	it("needs a width that is divisible by its heads", () => {
		expect(() => parse({ ...NEEDED, num_attention_heads: 7 })).toThrow(
			"num_attention_heads of text_encoder/config.json: expected a divisor of hidden_size 768, found 7. Replace it with the file",
		);
	});
});

describe("a CLIP image configuration", () => {
	const parseVision = (config: unknown) => parseCLIPVisionConfig(config, "clip/config.json");

	it("has transformers' defaults where it is silent", () => {
		expect(parseVision({})).toEqual({
			hidden_size: 768,
			intermediate_size: 3072,
			num_hidden_layers: 12,
			num_attention_heads: 12,
			num_channels: 3,
			image_size: 224,
			patch_size: 32,
			projection_dim: 512,
			hidden_act: "quick_gelu",
			layer_norm_eps: 1e-5,
		});
	});

	it("is the vision_config of a whole CLIP model, with the whole model's projection_dim if it has one", () => {
		const vision_config = { patch_size: 14, projection_dim: 640 };
		expect(parseVision({ vision_config, projection_dim: 768 })).toMatchObject({ patch_size: 14, projection_dim: 768 });
		expect(parseVision({ vision_config })).toMatchObject({ projection_dim: 640 });
	});

	it.each([
		["image_size", [224, 224]],
		["image_size", 0],
		["patch_size", 225],
		["num_channels", 1],
		["hidden_act", "sine"],
		["num_attention_heads", 7],
		["projection_dim", null],
	])("with %s %j is refused by that name", (field, value) => {
		expect(() => parseVision({ [field]: value })).toThrow(CheckpointError);
		expect(() => parseVision({ [field]: value })).toThrow(
			new RegExp(`${field} of clip/config.json.* Replace it with the file of this name from a CLIP image encoder$`),
		);
	});
});
