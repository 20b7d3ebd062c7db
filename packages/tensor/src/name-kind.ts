import { type FileKind, NO_GGUF, NO_ONNX, NO_PICKLE, UNPACK } from "./file-kind.ts";

/** Kinds by the end of a name, for what only a list tells. */
const ENDINGS: readonly [RegExp, string, string][] = [
	[/\.gguf$/i, "GGUF weights", NO_GGUF],
	[/\.(bin|ckpt|pt|pth|pkl)$/i, "pickled weights", NO_PICKLE],
	[/\.(onnx|onnx_data|pb)$/i, "an ONNX model", NO_ONNX],
	[
		/\.(h5|msgpack|ot|tflite|mlmodel|mlpackage)$/i,
		"weights for another framework",
		"Take the safetensors of the same model",
	],
	[/\.(zip|tar|tgz|gz|7z|rar|zst)$/i, "an archive", UNPACK],
];

/** What a file's name says that it is. */
export function kindByName(path: string): FileKind | undefined {
	const found = ENDINGS.find(([ending]) => ending.test(path));
	return found && { is: found[1], next: found[2] };
}
