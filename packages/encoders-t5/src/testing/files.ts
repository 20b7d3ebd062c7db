import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { afterAll, expect } from "vitest";

/** A fixture's bytes. */
export function fixture(path: string): Uint8Array {
	return readFileSync(new URL(`../fixtures/${path}`, import.meta.url));
}

export function fixturePath(path: string): string {
	return new URL(`../fixtures/${path}`, import.meta.url).pathname;
}

export function json(path: string): Record<string, unknown> {
	return JSON.parse(new TextDecoder().decode(fixture(path)));
}

export function tensors(path: string): ReadonlyMap<string, Tensor> {
	return parseSafetensors(fixture(path), path).tensors;
}

/** A folder for the files of one test file, removed after it. */
export async function temporaryFolder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "t5-"));
	afterAll(() => rm(path, { recursive: true }));
	return path;
}

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
