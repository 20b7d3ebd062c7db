import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ArgumentError, FileError, fingerprint, shown, storedParts } from "@drum/tensor";
import { expandPath, LocalFile } from "@drum/tensor/node";
import type { Device } from "../device.ts";
import { refuseDamagedWeights } from "../not-finite.ts";
import type { WeightSource } from "../weights.ts";
import type { QuantizedMatrix, WeightDtype } from "./formats.ts";
import { largestCode } from "./largest-code.ts";
import { type Matrix, partsKey, takenBy } from "./matrices.ts";
import { defaultFolder, fileOnce, openFolder } from "./quantized-cache.ts";
import { layOut } from "./quantized-file.ts";
import type { QuantizeProgress } from "./write-quantized.ts";

/** Part of a cached file's name: to be raised with any change to what the files hold. */
const VERSION = 2;

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
	/** Where the model runs. Default `"cpu"`, the one with products in int8: others hold matrices in 8 bits, and compute in float. */
	device?: Device | undefined;
	/** Whether the model's inputs to layers have a few channels a hundred times as large as the others, as T5's have. Default false. */
	outliers?: boolean | undefined;
	signal?: AbortSignal | undefined;
}

/**
 * A checkpoint with the weights quantised that the model multiplies with, for layers to take: from a file made before of the same weights,
 * else made now, in the memory of the largest of them in 8 bits. `"int8"` takes matrices and kernels, `"int4"` matrices. Embeddings, norms,
 * biases, what is small, the first and the last layer, and what takes one row at a time are the checkpoint's own.
 * @throws CheckpointError where a weight is not finite; FileError where the file cannot be written, naming the room it needs;
 * ArgumentError for a `dtype` that there is not; the signal's reason, and then nothing is left behind.
 */
export async function quantize(weights: WeightSource, options: QuantizeOptions): Promise<WeightSource> {
	const { dtype = "auto", build, signal } = options;
	if (dtype === "auto" || dtype === "float32") return weights;
	if (dtype !== "int8" && dtype !== "int4")
		throw new ArgumentError({ what: "dtype", expected: "auto, float32, int8 or int4", found: shown(dtype) });
	signal?.throwIfAborted();
	const { device = "cpu", outliers = false } = options;
	const largest = device === "cpu" ? await largestCode() : undefined;
	const { matrices, others } = takenBy(weights, build, dtype, { largest, outliers });
	if (matrices.length === 0) return weights;
	// Rounding makes numbers of what is none: in int8 the result would not tell of a damaged weight.
	if (matrices.some(({ format }) => format.kind === "channels")) {
		await refuseDamagedWeights({ weights, used: others, signal });
	}
	const names = [...new Set(matrices.map(({ name }) => name))];
	const formats = matrices.map(({ key, format }) => [key, format]);
	const key = await fingerprint(weights, names, [VERSION, dtype, formats, await stamps(matrices)]);
	const layout = layOut(matrices, { format: "drum", version: `${VERSION}`, dtype, source: key });
	const folder = await openFolder(
		options.cacheFolder === undefined ? defaultFolder() : expandPath(options.cacheFolder),
	);
	const path = join(folder, `${key}-${dtype}.safetensors`);
	await fileOnce(path, weights.name, matrices, layout, { signal, onProgress: options.onQuantize });
	return quantizedWeights(weights, layout.at(await LocalFile.open(path)));
}

function quantizedWeights(weights: WeightSource, matrices: ReadonlyMap<string, QuantizedMatrix>): WeightSource {
	return {
		name: weights.name,
		get: (tensor) => weights.get(tensor),
		names: () => weights.names(),
		quantized(tensor, { parts = 1 }) {
			const found = matrices.get(partsKey(tensor, parts)) ?? matrices.get(tensor);
			return found && isInParts(found, parts) ? found : undefined;
		},
	};
}

/** In blocks, parts are rows that lie together, whichever they are. */
function isInParts({ format }: QuantizedMatrix, parts: number): boolean {
	return format.kind === "blocks" || format.parts === parts;
}

/** Sizes and times of the files: an edit that the fingerprint's sample misses shows in them. */
async function stamps(matrices: readonly Matrix[]): Promise<number[][]> {
	const files = matrices.flatMap(({ place }) => storedParts(place).map(({ file }) => file.path ?? file.name));
	return Promise.all(
		[...new Set(files)].sort().map(async (file) => {
			const found = await stat(file).catch((cause: Error) => {
				throw new FileError({ what: file, expected: "a file that can be read", found: cause.message, cause });
			});
			return [found.size, found.mtimeMs];
		}),
	);
}
