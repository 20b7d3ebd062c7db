import { CheckpointError, LARGEST_TEXT } from "@drum/tensor";

/**
 * Refuses what is read whole and too large for it; weights are read in pieces and may be of any size.
 * @throws CheckpointError
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
