import { FileError } from "@drum/tensor";

/** The error for a wrong row. `place` is, for example, `captions.csv, line 3`. */
export function malformed(place: string, expected: string, found: string, next?: string, cause?: unknown): FileError {
	return new FileError({ what: place, expected, found, ...(next && { next }), cause });
}

/** The error for a file that cannot be opened or read. */
export function unreadable(path: string, cause: unknown): FileError {
	const { code, message } = cause as NodeJS.ErrnoException;
	const found = { ENOENT: "no such file", EACCES: "no permission to read it" }[code ?? ""] ?? message;
	return new FileError({ what: `captions ${path}`, expected: "a file that can be read", found, cause });
}
