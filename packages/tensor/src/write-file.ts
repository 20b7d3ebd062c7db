import { checkNames } from "./check-names.ts";
import { notWritten, replaceFile } from "./replace-file.ts";
import type { ReplaceFileOptions } from "./replace-options.ts";

export interface WriteFileOptions extends ReplaceFileOptions {
	/** What is to be written, for messages: `"a place to write a picture"`. Default `"a file that can be written"`. */
	expected?: string | undefined;
}

/**
 * Writes a file of these parts, one after the other, in place of one that is there; folders that are missing are made. `path` holds the
 * old file or the whole new one, whatever happens.
 * @throws FileError where it cannot be written, as in a browser, which has no paths.
 */
export async function writeFile(
	path: string,
	parts: readonly Uint8Array[],
	given: WriteFileOptions = {},
): Promise<void> {
	checkNames("writeFile", given, ["expected", "mode"] satisfies (keyof WriteFileOptions)[]);
	const { expected = "a file that can be written", ...options } = given;
	try {
		await replaceFile(
			path,
			async (file) => {
				for (const part of parts) await file.writeFile(part);
			},
			options,
		);
	} catch (cause) {
		throw notWritten(path, expected, cause);
	}
}
