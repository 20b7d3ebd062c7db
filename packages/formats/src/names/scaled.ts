import { CheckpointError, type CheckpointTensor, scaledTensor, sizeOf, type TensorSource } from "@drum/tensor";

/** ComfyUI's names for the factor of `X.weight`: `X.scale_weight`, or in its newer form `X.weight_scale`. */
const FACTOR = /^(.*\.|)(?:scale_weight|weight_scale)$/;
/** Tensors for ComfyUI's 8-bit arithmetic, which is not supported. */
const UNREAD = /(^|\.)(scaled_fp8|scale_input|input_scale|comfy_quant)$/;

/**
 * Multiplies the 8-bit weights of a file by their factors when they are read, and hides the factors. A file without factors stays as it is.
 * @throws CheckpointError for a factor that is neither one number nor one for each row
 */
export function scaled(file: TensorSource): TensorSource {
	const places = new Map<string, CheckpointTensor>();
	const factors = new Map<string, string>();
	for (const tensor of file.names()) {
		const [, module] = FACTOR.exec(tensor) ?? [];
		if (module !== undefined) factors.set(`${module}weight`, tensor);
		else if (!UNREAD.test(tensor)) places.set(tensor, file.get(tensor)!);
	}
	for (const [tensor, factor] of factors) {
		const [place, by] = [places.get(tensor), file.get(factor)!];
		// Integers come from another library's quantisation, and the model refuses them.
		if (!place || !/float/.test(place.type)) continue;
		const count = sizeOf(by.dims);
		if (!("file" in by) || !/float/.test(by.type) || (count !== 1 && count !== place.dims[0])) {
			const expected = `one number, or ${place.dims[0]}, one for each row`;
			throw new CheckpointError({ what: `${factor} of ${file.name}`, expected, found: `${by.type} [${by.dims}]` });
		}
		places.set(tensor, scaledTensor(place, by));
	}
	return { name: file.name, get: (tensor) => places.get(tensor), names: () => places.keys() };
}
