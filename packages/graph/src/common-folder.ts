import { dirname, join, relative } from "node:path";

/** The deepest folder that holds all the files: ONNX Runtime refuses weights outside of the folder it is given. */
export function commonFolder(files: readonly string[]): string {
	const [first = join(process.cwd(), "none"), ...rest] = files;
	let folder = dirname(first);
	for (const file of rest) {
		while (relative(folder, file).startsWith("..")) folder = dirname(folder);
	}
	return folder;
}
