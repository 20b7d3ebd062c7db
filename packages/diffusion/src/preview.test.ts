import { ArgumentError } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { type LatentSpace, previewLatents } from "./index.ts";

const byte = (value: number) => Math.round((value + 1) * 127.5);

describe("a preview", () => {
	// Oracle: the first and last rows, and the bias, of ComfyUI's latent_rgb_factors for each model.
	test.each([
		["sd1", 4, [0.3512, 0.2297, 0.3227], [-0.212, -0.2616, -0.7177], [0, 0, 0]],
		["sdxl", 4, [0.3651, 0.4232, 0.4341], [-0.3165, -0.2492, -0.2188], [0.1084, -0.0175, -0.0011]],
		["sd3", 16, [-0.0922, -0.0175, 0.0749], [-0.1448, -0.1463, -0.1189], [0.2394, 0.2135, 0.1925]],
		["flux", 16, [-0.0346, 0.0244, 0.0681], [-0.1262, -0.0982, -0.0778], [-0.0329, -0.0718, -0.0851]],
	] as const)("of %s adds each channel's colour to the bias", (space: LatentSpace, channels, first, last, bias) => {
		const latents = new Float32Array(channels * 3);
		latents[0] = 1;
		latents[3 * (channels - 1) + 1] = -1;
		const { data, width, height } = previewLatents(latents, 1, 3, space);
		expect([width, height]).toEqual([3, 1]);
		const expected = [
			bias.map((value, i) => byte(value + first[i]!)),
			bias.map((value, i) => byte(value - last[i]!)),
			bias.map(byte),
		];
		expect([...data]).toEqual(expected.flat());
	});

	test("of another number of channels is grey, by their mean", () => {
		const latents = Float32Array.of(0.5, -3, -0.1, 3);
		expect([...previewLatents(latents, 1, 2, "flux").data]).toEqual(
			[0.2, 0].flatMap((mean) => Array(3).fill(byte(mean))),
		);
	});

	test("keeps to what a byte holds", () => {
		expect([...previewLatents(Float32Array.of(9, -9), 1, 2).data]).toEqual([255, 255, 255, 0, 0, 0]);
	});

	test.each([5, 0])("of %s numbers, which are no whole channels, is refused", (length) => {
		expect(() => previewLatents(new Float32Array(length), 1, 2)).toThrow(ArgumentError);
	});
});
