import { stat } from "node:fs/promises";
import { join } from "node:path";
import { checkNames, FileError, fingerprint, storedParts } from "@drum/tensor";
import { expandPath, LocalFile } from "@drum/tensor/node";
import { refuseDamagedWeights } from "../not-finite.ts";
import type { WeightSource } from "../weight-source.ts";
import { checkDtype } from "./check-dtype.ts";
import type { QuantizedMatrix } from "./formats.ts";
import { largestCode } from "./largest-code.ts";
import { type Matrix, partsKey, takenBy } from "./matrices.ts";
import { QUANTIZE_OPTIONS, type QuantizeOptions } from "./quantize-options.ts";
import { defaultFolder, fileOnce, openFolder } from "./quantized-cache.ts";
import { layOut } from "./quantized-file.ts";

/** Part of a cached file's name: to be raised with any change to what the files hold. */
const VERSION = 2;

/**
 * A checkpoint with the weights quantised that the model multiplies with, for layers to take: from a file made before of the same weights,
 * else made now, in the memory of the largest of them in 8 bits. `"int8"` takes matrices and kernels, `"int4"` matrices. Embeddings, norms,
 * biases, what is small, the first and the last layer, and what takes one row at a time are the checkpoint's own.
 * @throws CheckpointError where a weight is not finite; FileError where the file cannot be written, naming the room it needs;
 * ArgumentError for a `dtype` or another option that there is not; the signal's reason, and then nothing is left behind.
 */
export async function quantize(weights: WeightSource, options: QuantizeOptions): Promise<WeightSource> {
	checkNames("quantize", options, QUANTIZE_OPTIONS);
	const { dtype = "auto", build, signal } = options;
	checkDtype(dtype);
	if (dtype === "auto" || dtype === "float32") return weights;
	signal?.throwIfAborted();
	const { device = "cpu", outliers = false, keeps = () => false } = options;
	const largest = device === "cpu" ? await largestCode() : undefined;
	const { matrices, others } = takenBy(weights, build, dtype, { largest, outliers, keeps });
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
	const compared = options.onLayerErrors;
	return { ...quantizedWeights(weights, layout.at(await LocalFile.open(path))), ...(compared && { compared }) };
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

/** In blocks, parts are any rows that lie together. */
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
