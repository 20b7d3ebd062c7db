import { describe, expect, test } from "vitest";
import { parseFluxConfig } from "../index.ts";

// The configuration of black-forest-labs/FLUX.1-dev and FLUX.1-schnell, without guidance_embeds, in which they differ.
const PUBLISHED = {
	_class_name: "FluxTransformer2DModel",
	_diffusers_version: "0.30.0.dev0",
	attention_head_dim: 128,
	guidance_embeds: true,
	in_channels: 64,
	joint_attention_dim: 4096,
	num_attention_heads: 24,
	num_layers: 19,
	num_single_layers: 38,
	patch_size: 1,
	pooled_projection_dim: 768,
};

test("the published configuration equals diffusers' defaults", () => {
	const published = parseFluxConfig(PUBLISHED, "dev");
	expect(published).toMatchObject({ heads: 24, headWidth: 128, width: 3072, axes_dims_rope: [16, 56, 56] });
	expect(parseFluxConfig({ guidance_embeds: true }, "dev")).toEqual(published);
	expect(parseFluxConfig({ ...PUBLISHED, out_channels: 64 }, "dev")).toEqual(published);
	expect(parseFluxConfig({}, "schnell").guidance_embeds).toBe(false);
});

describe("a configuration of another model is refused, and the error names the field", () => {
	test.each<[string, unknown]>([
		["_class_name", "SD3Transformer2DModel"],
		["patch_size", 2],
		["in_channels", 66],
		["in_channels", "64"],
		["out_channels", 16],
		["num_layers", 0],
		["num_single_layers", 1e9],
		["attention_head_dim", 1.5],
		["num_attention_heads", null],
		["axes_dims_rope", [16, 56]],
		["axes_dims_rope", [15, 57, 56]],
		["axes_dims_rope", [16, 16, 16]],
		["guidance_embeds", "yes"],
		["pooled_projection_dim", -1],
	])("%s: %j", (field, value) => {
		const parse = () => parseFluxConfig({ ...PUBLISHED, [field]: value }, "test");
		expect(parse).toThrow(new RegExp(`^${field}.* of test: expected`));
		expect(parse).toThrow(expect.objectContaining({ code: "checkpoint" }));
	});

	test.each([null, [], "config", 7])("a file that contains %j", (json) => {
		expect(() => parseFluxConfig(json, "test")).toThrow(expect.objectContaining({ code: "checkpoint" }));
	});
});
