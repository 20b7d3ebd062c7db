import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { type Filling, type Shapes, table } from "@drum/test-weights";
import { afterAll, expect } from "vitest";

// Written by tooling/golden/flux.py.

const folder = new URL("../fixtures/", import.meta.url);
const { tensors } = parseSafetensors(readFileSync(new URL("flux.safetensors", folder)), "flux.safetensors");

/** Shapes by diffusers' names of the weights. */
export const golden: {
	models: Record<"dev" | "schnell", { config: Record<string, unknown>; shapes: Shapes }>;
	blocks: Record<"double" | "single", Shapes>;
	guidance: number;
} = JSON.parse(readFileSync(new URL("flux.json", folder), "utf8"));

/** How the oracle fills its models. */
export const filling: Filling = {
	table: table(8),
	/** A power of two, about twice the deviation of an initialisation; 0 for norms' weights. */
	scaleOf(name, dims) {
		if (dims.length === 2) return 2 ** -Math.floor(Math.log2(dims[1]!) / 2);
		return name.endsWith("bias") ? 0.125 : 0;
	},
};

export function number(name: string): Tensor<"float32"> {
	return tensors.get(name) as Tensor<"float32">;
}

export function namesOf(prefix: string): string[] {
	return [...tensors.keys()].filter((name) => name.startsWith(prefix));
}

/** A folder for the files of one test file. It is removed after the tests. */
export async function temporaryFolder(): Promise<string> {
	const path = await mkdtemp(join(tmpdir(), "flux-"));
	afterAll(() => rm(path, { recursive: true }));
	return path;
}

/** Checks for equal shapes, and for differences of at most `part` of the largest number, or of 1 if that is larger. */
export function expectClose(found: Tensor, expected: Tensor<"float32">, what: string, part = 1e-5): void {
	expect(found.dims, what).toEqual(expected.dims);
	const tolerance = part * expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
	const far = expected.data.findIndex((value, i) => !(Math.abs(Number(found.data[i]) - value) <= tolerance));
	expect(far, `${what}: element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}
