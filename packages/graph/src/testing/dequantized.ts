import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "@drum/tensor";
import { Checkpoint } from "@drum/tensor/node";

/** Names of a cache folder's files. */
export async function quantizedFiles(folder: string): Promise<string[]> {
	return (await readdir(folder)).sort();
}

async function onlyFile(folder: string): Promise<Checkpoint> {
	const [file, ...others] = await quantizedFiles(folder);
	if (others.length > 0) throw new Error(`more than one file: ${others}`);
	return Checkpoint.open(join(folder, file!));
}

/** Names of the tensors in the one file of a cache folder. */
export async function quantizedTensors(folder: string): Promise<string[]> {
	return [...(await onlyFile(folder)).names()];
}

/** A matrix of the one file in a cache folder as the numbers that its codes stand for, and the step between codes at each. */
export async function dequantized(
	folder: string,
	name: string,
): Promise<{ data: Float64Array; steps: Float64Array; bits: number }> {
	const file = await onlyFile(folder);
	const { data: codes, dims } = (await file.read(`${name}.codes`)) as Tensor<"uint8">;
	const { data: scales } = (await file.read(`${name}.scales`)) as Tensor<"float32">;
	const zeroPoints = file.get(`${name}.zero_points`) && ((await file.read(`${name}.zero_points`)) as Tensor<"uint8">);
	const [rows, blocks, bytes] = dims as [number, number, number];
	const [bits, block] = zeroPoints ? [4, bytes * 2] : [8, bytes];
	const codeOf = (packed: Uint8Array, start: number, i: number) =>
		bits === 8 ? packed[start + i]! : (packed[start + (i >> 1)]! >> (4 * (i & 1))) & 15;
	const data = new Float64Array(rows * blocks * block);
	const steps = new Float64Array(data.length);
	for (let i = 0; i < data.length; i++) {
		const [at, row] = [Math.floor(i / block), Math.floor(i / (block * blocks))];
		const zero = zeroPoints ? codeOf(zeroPoints.data, row * zeroPoints.dims[1]!, at % blocks) : 2 ** (bits - 1);
		data[i] = (codeOf(codes, 0, i) - zero) * scales[at]!;
		steps[i] = scales[at]!;
	}
	return { data, steps, bits };
}
