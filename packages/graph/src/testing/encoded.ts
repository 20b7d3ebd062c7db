import type { BuiltGraph } from "../index.ts";

/** The model's bytes, with its weights wherever their files' names say. */
export function encoded({ encode }: BuiltGraph): Buffer {
	return Buffer.from(encode(({ file, offset }) => ({ location: file.name, offset })));
}
