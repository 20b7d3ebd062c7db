import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FileError, shown, storedParts } from "@drum/tensor";
import { expandPath, fingerprint } from "@drum/tensor/node";
import type { WeightSource } from "../weights.ts";
import type { QuantizedMatrix, WeightDtype } from "./formats.ts";
import { type Matrix, matricesOf } from "./matrices.ts";
import { defaultFolder, fileOnce, openFolder } from "./quantized-cache.ts";
import { layOut } from "./quantized-file.ts";
import type { QuantizeProgress } from "./write-quantized.ts";

/** Part of a cached file's name: to be raised with any change to what the files hold. */
const VERSION = 1;

/** How a model's weights are held, for what loads one. */
export interface WeightOptions {
	/**
	 * `"int8"` and `"int4"` are made of the file's own weights when they are first needed, and kept for the next time.
	 * Default `"auto"`: as the file has them.
	 */
	dtype?: WeightDtype | undefined;
	/** Where quantised weights are kept. Default `drum/quantized` in `HF_HOME`, or in `~/.cache/huggingface`. */
	cacheFolder?: string | undefined;
	/** Called as weights are quantised. */
	onQuantize?: ((progress: QuantizeProgress) => void) | undefined;
}

export interface QuantizeOptions extends WeightOptions {
	/** Builds the model over the weights given. It is called once with the checkpoint's, to learn which of them are matrices to multiply with. */
	build: (weights: WeightSource) => unknown;
	signal?: AbortSignal | undefined;
}

/**
 * A checkpoint with the model's matrices quantised, for layers to multiply with: from a file made before of the same weights, else
 * made now, in the memory of a few million weights at a time. Embeddings, norms, biases, convolutions and small matrices are the
 * checkpoint's own.
 * @throws CheckpointError where a weight is not finite; FileError where the file cannot be written, naming the room it needs;
 * ArgumentError for a `dtype` that there is not; the signal's reason, and then nothing is left behind.
 */
export async function quantize(weights: WeightSource, options: QuantizeOptions): Promise<WeightSource> {
	const { dtype = "auto", build, signal } = options;
	if (dtype === "auto" || dtype === "float32") return weights;
	if (dtype !== "int8" && dtype !== "int4")
		throw new ArgumentError({ what: "dtype", expected: "auto, float32, int8 or int4", found: shown(dtype) });
	signal?.throwIfAborted();
	const matrices = matricesOf(weights, build, dtype);
	if (matrices.length === 0) return weights;
	const names = matrices.map(({ name }) => name);
	const key = await fingerprint(weights, names, [VERSION, dtype, await stamps(matrices)]);
	const layout = layOut(matrices, { format: "drum", version: `${VERSION}`, dtype, source: key });
	const folder = await openFolder(
		options.cacheFolder === undefined ? defaultFolder() : expandPath(options.cacheFolder),
	);
	const path = join(folder, `${key}-${dtype}.safetensors`);
	await fileOnce(path, weights.name, matrices, layout, { signal, onProgress: options.onQuantize });
	return quantizedWeights(weights, layout.at(path));
}

function quantizedWeights(weights: WeightSource, matrices: ReadonlyMap<string, QuantizedMatrix>): WeightSource {
	return {
		name: weights.name,
		get: (tensor) => weights.get(tensor),
		names: () => weights.names(),
		quantized: (tensor) => matrices.get(tensor),
	};
}

/** Sizes and times of the files: an edit that the fingerprint's sample misses shows in them. */
async function stamps(matrices: readonly Matrix[]): Promise<number[][]> {
	const files = [...new Set(matrices.flatMap(({ place }) => storedParts(place).map(({ file }) => file)))].sort();
	return Promise.all(
		files.map(async (file) => {
			const found = await stat(file).catch((cause: Error) => {
				throw new FileError({ what: file, expected: "a file that can be read", found: cause.message, cause });
			});
			return [found.size, found.mtimeMs];
		}),
	);
}
