import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { float32, type Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";
import { expect } from "vitest";

const folder = fileURLToPath(new URL("../../../../../test/golden/fixtures/", import.meta.url));

/** Numbers that tooling/golden/unet.py wrote, by name. */
export async function goldenNumbers() {
	const numbers = await Checkpoint.open(`${folder}unet.safetensors`);
	return {
		names: [...numbers.names()],
		read: (name: string) => numbers.read(name) as Promise<Tensor<"float32">>,
	};
}

/** A tiny UNet's files. */
export const filesOf = async (place: string) => ({
	name: place,
	config: JSON.parse(await readFile(`${folder}${place}/config.json`, "utf8")),
	checkpoint: await Checkpoint.open(`${folder}${place}/diffusion_pytorch_model.safetensors`),
});

export function expectClose(
	found: Tensor<"float32">,
	expected: Tensor<"float32">,
	what: string,
	{ absolute = 2e-5, relative = 1e-4 } = {},
): void {
	expect(found.dims, what).toEqual(expected.dims);
	const far = expected.data.findIndex(
		(value, i) => !(Math.abs(found.data[i]! - value) <= absolute + relative * Math.abs(value)),
	);
	expect(far, `${what}: element ${far} is ${found.data[far]}, expected ${expected.data[far]}`).toBe(-1);
}

/**
 * Numbers inside a block reach 15 and cancel: PyTorch's float32 differs from its float64 by up to 2.3e-5. So the tolerance is relative to the largest
 * number: 1e-5 of it is about 80 units in the last place.
 */
export const largestTolerance = ({ data }: Tensor<"float32">) => ({
	absolute: 1e-5 * data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1),
	relative: 0,
});

/** The rows from `from` to `to` of the first axis, without `to`. */
export function rowsOf({ data, dims }: Tensor<"float32">, from: number, to: number): Tensor<"float32"> {
	const size = data.length / dims[0]!;
	return float32(data.subarray(from * size, to * size), [to - from, ...dims.slice(1)]);
}
