import { FileError } from "./errors.ts";
import { printable } from "./shown.ts";

export async function writeFile(
	path: string,
	_: readonly Uint8Array[],
	{ expected = "a file that can be written" }: { expected?: string | undefined } = {},
): Promise<void> {
	const next = "Take the bytes in place of a path, and let the visitor download them";
	throw new FileError({ what: printable(path), expected, found: "a browser, which has no paths", next });
}
