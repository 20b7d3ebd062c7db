import { describe, expect, test } from "vitest";
import { parseSD3Config } from "./config.ts";

// From the published config.json files.
const shared = {
	_class_name: "SD3Transformer2DModel",
	in_channels: 16,
	out_channels: 16,
	patch_size: 2,
	sample_size: 128,
	joint_attention_dim: 4096,
	pooled_projection_dim: 2048,
	attention_head_dim: 64,
};
const medium = { num_layers: 24, num_attention_heads: 24, caption_projection_dim: 1536 };
const PUBLISHED = {
	"Stable Diffusion 3 medium": { ...shared, ...medium, _diffusers_version: "0.29.0.dev0", pos_embed_max_size: 192 },
	"Stable Diffusion 3.5 medium": {
		...shared,
		...medium,
		_diffusers_version: "0.31.0.dev0",
		pos_embed_max_size: 384,
		dual_attention_layers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
		qk_norm: "rms_norm",
	},
	"Stable Diffusion 3.5 large": {
		...shared,
		num_layers: 38,
		num_attention_heads: 38,
		caption_projection_dim: 2432,
		pos_embed_max_size: 192,
		dual_attention_layers: [],
		qk_norm: "rms_norm",
	},
};

test.each(Object.entries(PUBLISHED))("reads %s's published configuration", (name, json) => {
	const { _diffusers_version, ...read } = { _diffusers_version: "", ...json };
	expect(parseSD3Config(json, name)).toMatchObject({ ...read, width: json.caption_projection_dim });
});

test("missing fields of an older file have diffusers' defaults", () => {
	const { qk_norm, dual_attention_layers } = parseSD3Config(PUBLISHED["Stable Diffusion 3 medium"], "older");
	expect(qk_norm ?? null).toBeNull();
	expect(dual_attention_layers).toEqual([]);
});

describe("a configuration that this transformer does not support is refused, and the error names the field", () => {
	test.each<[string, unknown]>([
		["_class_name", "FluxTransformer2DModel"],
		["sample_size", 0],
		["sample_size", 127],
		["sample_size", [128, 128]],
		["patch_size", "2"],
		["in_channels", 1.5],
		["out_channels", 32],
		["num_layers", 1e9],
		["attention_head_dim", 65],
		["num_attention_heads", -24],
		["caption_projection_dim", 1152],
		["joint_attention_dim", null],
		["pooled_projection_dim", 0],
		["pos_embed_max_size", null],
		["dual_attention_layers", [0, 24]],
		["dual_attention_layers", [1, 1]],
		["dual_attention_layers", 13],
		["qk_norm", "l2"],
	])("%s: %j", (field, value) => {
		const json = { ...PUBLISHED["Stable Diffusion 3.5 medium"], [field]: value };
		const parse = () => parseSD3Config(json, "the file");
		const named = field === "attention_head_dim" ? "caption_projection_dim" : field;
		expect(parse).toThrow(`${named} of the file`);
		expect(parse).toThrow(expect.objectContaining({ code: "checkpoint" }));
	});

	test("heads whose width is not divisible for two-dimensional sines and cosines", () => {
		const json = { ...PUBLISHED["Stable Diffusion 3 medium"], num_attention_heads: 1, attention_head_dim: 6 };
		expect(() => parseSD3Config(json, "the file")).toThrow("attention_head_dim of the file: expected heads");
	});

	test("a file that is not a configuration", () => {
		expect(() => parseSD3Config("{}", "the file")).toThrow(/the whole of the file/);
	});
});
