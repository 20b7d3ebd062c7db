import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type QuantizeOptions, quantize } from "@drum/graph";
import { float32 } from "@drum/tensor";
import { Checkpoint, writeSafetensors } from "@drum/tensor/node";
import { changeSafetensors } from "../change-safetensors.ts";
import type { Target } from "../target.ts";

const SHAPES = { high: [256, 128], wide: [128, 256] };

/** Quantised weights that were kept: a file that was changed must be made anew. */
export const quantizedCache: Target = {
	name: "quantized-cache",
	async prepare(folder) {
		const source = join(folder, "model.safetensors");
		const weightOf = (dims: number[]) =>
			float32(
				Float32Array.from({ length: 32_768 }, (_, i) => Math.sin(i)),
				dims,
			);
		await writeSafetensors(
			source,
			Object.fromEntries(Object.entries(SHAPES).map(([name, dims]) => [name, weightOf(dims)])),
		);
		const weights = await Checkpoint.open(source);
		const options: QuantizeOptions = {
			dtype: "int4",
			cacheFolder: join(folder, "cache"),
			build: (asked) => Object.keys(SHAPES).map((name) => asked.quantized?.(name, { oneRow: false })),
		};
		await quantize(weights, options);
		const [name] = await readdir(options.cacheFolder!);
		const path = join(options.cacheFolder!, name!);
		const bytes = await readFile(path);
		return async (random) => {
			await writeFile(path, changeSafetensors(random, bytes));
			// Files of one time and size would be taken for the same one.
			await utimes(path, 0, random.below(2 ** 31));
			await quantize(weights, options);
			if (!bytes.equals(await readFile(path))) throw new Error("a changed file was used");
		};
	},
};
