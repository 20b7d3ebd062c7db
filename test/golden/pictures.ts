import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Device } from "@drum/graph";
import type { Image } from "@drum/pipeline";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { expect } from "vitest";

// What tests of whole runs have in common: the oracle's cases and tensors, and how near they ask pictures and conditions to be.

/** Where whole runs are computed: `pnpm webgpu` has them on a GPU. */
export const DEVICE = process.env.TEST_DEVICE as Device | undefined;

export const fixture = (path: string) => fileURLToPath(new URL(`./fixtures/${path}`, import.meta.url));

/** What tooling/golden wrote under a name: the cases as JSON, and their tensors by `key.what`. */
export function readRuns<Case>(name: string) {
	const { tensors } = parseSafetensors(readFileSync(fixture(`${name}.safetensors`)), `${name}.safetensors`);
	const cases: Case[] = JSON.parse(readFileSync(fixture(`${name}.json`), "utf8"));
	return { cases, tensors };
}

/** Each pixel within 1/255. */
export function expectPictures(images: readonly Image[], expected: Tensor<"uint8">): void {
	expect([images.length, images[0]!.height, images[0]!.width, 3]).toEqual(expected.dims);
	const found = Buffer.concat(images.map(({ data }) => data));
	const largest = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected.data[i]!)), 0);
	expect(largest).toBeLessThanOrEqual(1);
}

/** Each number within `absolute`, and 1e-4 of itself. */
export function expectNumbers(found: Float32Array, { data }: Tensor<"float32">, absolute = 2e-5): void {
	expect(found.length).toBe(data.length);
	const far = found.findIndex((value, i) => !(Math.abs(value - data[i]!) <= absolute + 1e-4 * Math.abs(data[i]!)));
	expect(far).toBe(-1);
}

/** A condition, of the expected shape; a GPU's exponentials and square roots have fewer right digits than a CPU's. */
export function expectCondition(found: Tensor<"float32">, expected: Tensor<"float32">): void {
	expect(found.dims).toEqual(expected.dims);
	expectNumbers(found.data, expected, DEVICE === undefined ? 2e-5 : 1e-4);
}
