import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSafetensors, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { expect } from "vitest";

const folder = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** Numbers that tooling/golden/sd3.py wrote to this file. */
export function numbersOf(file: string): (name: string) => Tensor<"float32"> {
	const { tensors } = parseSafetensors(readFileSync(folder + file), file);
	return (name) => {
		const tensor = tensors.get(name);
		if (!tensor) throw new Error(`${file} holds no ${name}`);
		return tensor as Tensor<"float32">;
	};
}

export async function filesOf(kind: string) {
	return {
		name: kind,
		config: JSON.parse(readFileSync(`${folder}${kind}/config.json`, "utf8")) as Record<string, unknown>,
		checkpoint: await Checkpoint.open(`${folder}${kind}/diffusion_pytorch_model.safetensors`),
	};
}

/** Equal shapes, and numbers within 1e-5 of the largest of them, or of 1. */
export function expectClose(found: Tensor<"float32">, expected: Tensor<"float32">, what: string): void {
	expect(found.dims, what).toEqual(expected.dims);
	const tolerance = 1e-5 * expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
	const far = expected.data.findIndex((value, i) => !(Math.abs(found.data[i]! - value) <= tolerance));
	expect(far, `${what}: element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}
