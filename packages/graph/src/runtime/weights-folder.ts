import { dirname, join, relative, sep } from "node:path";
import { type ByteSource, DeviceError } from "@drum/tensor";

/**
 * The deepest folder that holds all the files, and each file's location in it: ONNX Runtime refuses weights outside of the folder it is
 * given.
 * @throws DeviceError for a file that is not on this machine's disk
 */
export function weightsFolder(
	model: string,
	files: readonly ByteSource[],
): { folder: string; locate: (file: ByteSource) => string } {
	const [first = join(process.cwd(), "none"), ...rest] = files.map((file) => pathOf(model, file));
	let folder = dirname(first);
	for (const path of rest) {
		while (relative(folder, path).startsWith("..")) folder = dirname(folder);
	}
	return { folder, locate: (file) => relative(folder, pathOf(model, file)).split(sep).join("/") };
}

function pathOf(model: string, { name, path }: ByteSource): string {
	if (path !== undefined) return path;
	const next = "Give its path: weights are mapped from the disk here";
	throw new DeviceError({
		what: `the weights of ${model}`,
		expected: "files on this machine's disk",
		found: name,
		next,
	});
}
