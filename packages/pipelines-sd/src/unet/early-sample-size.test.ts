import { describe, expect, test } from "vitest";
import { amendSampleSize } from "./early-sample-size.ts";

// Oracle: StableDiffusionPipeline.__init__ of diffusers 0.42.1, which compares versions with Python's packaging.

describe("a UNet's sample_size", () => {
	test.each([
		["0.6.0", 32],
		["0.6.0.dev0", 16],
		["0.8.1", 63],
		["0.8", 32],
		["v0.2.3+local", 32],
		[" 0.8.1", 32],
		["0!0.8.1", 32],
	])("is 64 in a file of diffusers %s with %i", (_diffusers_version, sample_size) => {
		const config = { _diffusers_version, sample_size, act_fn: "silu" };
		expect(amendSampleSize(config)).toEqual({ ...config, sample_size: 64 });
	});

	test.each<[unknown, unknown]>([
		["0.9.0", 32],
		["0.9.0.dev0", 32],
		["0.9", 32],
		["0.42.1", 32],
		["1.0", 32],
		["1!0.6.0", 32],
		["0.6.0", 64],
		["0.6.0", 96],
		["0.6.0", [32, 32]],
		["0.6.0", undefined],
		[undefined, 32],
		["of old", 32],
		[6, 32],
	])("stays as it is in a file of diffusers %j with %j", (_diffusers_version, sample_size) => {
		const config = { _diffusers_version, sample_size };
		expect(amendSampleSize(config)).toBe(config);
	});

	test("is ignored in a file that is not a configuration", () => {
		for (const config of [null, "text", [1], 5]) expect(amendSampleSize(config)).toBe(config);
	});
});
