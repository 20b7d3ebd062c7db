import { readFileSync } from "node:fs";
import { parseSafetensors } from "@drum/tensor";
import { expect, test } from "vitest";
import { rescaleGuidance } from "./index.ts";

// Oracle: diffusers 0.42.1's rescale_noise_cfg, by tooling/golden/schedulers.py.
const bytes = readFileSync(new URL("../../../test/golden/fixtures/guidance.safetensors", import.meta.url));
const { tensors } = parseSafetensors(bytes, "guidance.safetensors");
const golden = (name: string) => tensors.get(name)!.data as Float32Array;
const [guided, conditioned] = [golden("guided"), golden("conditioned")];

test.each([0, 0.3, 0.7, 1])("rescaling guidance by %s is what diffusers does, picture by picture", (rescale) => {
	const found = rescaleGuidance(guided, conditioned, rescale, 3);
	const expected = golden(`rescaled.${rescale}`);
	expect(found).toHaveLength(expected.length);
	for (const [i, value] of expected.entries()) {
		expect(Math.abs(found[i]! - value)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
	}
});

test("a picture's rescaling does not depend on the others", () => {
	const size = guided.length / 3;
	const alone = rescaleGuidance(guided.subarray(size, 2 * size), conditioned.subarray(size, 2 * size), 0.7, 1);
	expect(rescaleGuidance(guided, conditioned, 0.7, 3).subarray(size, 2 * size)).toEqual(alone);
});

test("a prediction that is the same everywhere stays so", () => {
	const flat = new Float32Array(8).fill(0.5);
	expect(rescaleGuidance(flat, Float32Array.from(flat.keys()), 1, 1)).toEqual(flat);
});
