import { readFileSync } from "node:fs";
import { ArgumentError, DeviceError, float32, parseSafetensors, type Tensor } from "@drum/tensor";
import { describe, expect, test } from "vitest";
import { toImages } from "./index.ts";

// Oracle: diffusers 0.42.1's VaeImageProcessor, by tooling/golden/vae.py.
const file = new URL("../../../test/golden/fixtures/vae.safetensors", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(file), "vae.safetensors");

describe("toImages", () => {
	test.each(["square", "wide", "ties"])("gives diffusers' bytes: %s", (label) => {
		const decoded = tensors.get(`${label}.image`) as Tensor<"float32">;
		const golden = tensors.get(`${label}.pixels`) as Tensor<"uint8">;
		const images = toImages(decoded);
		const [count, height, width] = golden.dims;
		expect(images).toHaveLength(count!);
		expect(images.every((image) => image.height === height && image.width === width)).toBe(true);
		expect(Buffer.concat(images.map((image) => image.data)).equals(golden.data)).toBe(true);
	});

	test("refuses another shape, and values that are no numbers", () => {
		expect(() => toImages(float32(new Float32Array(8), [1, 2, 2, 2]))).toThrow(ArgumentError);
		expect(() => toImages(float32(new Float32Array(11), [1, 3, 2, 2]))).toThrow("11 values");
		expect(() => toImages(float32(new Float32Array(12).fill(Number.NaN), [1, 3, 2, 2]))).toThrow(DeviceError);
	});
});
