import type { Tensor } from "@drum/tensor";
import { expect } from "vitest";

/** Equal shapes, and numbers within the tolerance; returns the largest absolute error. */
export function expectClose(found: Tensor, expected: Tensor, { absolute = 2e-5, relative = 1e-4 } = {}): number {
	expect(found.dims).toEqual(expected.dims);
	let largest = 0;
	for (const [i, value] of (expected.data as Float32Array).entries()) {
		const error = Math.abs(Number(found.data[i]) - value);
		if (!(error <= absolute + relative * Math.abs(value)))
			expect.fail(`element ${i} of [${expected.dims}] is ${found.data[i]}, expected ${value}`);
		largest = Math.max(largest, error);
	}
	return largest;
}
