import { CheckpointError, LARGEST_TEXT } from "@drum/tensor";

/**
 * Refuses a file that would be read whole and is too large for that. Weights are read in pieces and may have any size.
 * @throws CheckpointError if the file is larger than `LARGEST_TEXT`
 */
export function checkTextSize(path: string, size: number): void {
	if (/\.(safetensors|onnx|onnx_data|bin|gguf)$/.test(path) || size <= LARGEST_TEXT) return;
	throw new CheckpointError({
		what: path,
		expected: `at most ${LARGEST_TEXT} bytes`,
		found: String(size),
		next: "Don't use this checkpoint unless you trust where it comes from",
	});
}
