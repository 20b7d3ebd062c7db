import { FileError } from "@drum/tensor";

/** A file or folder that cannot be opened, read or decoded. */
export function unreadable(path: string, cause: unknown, next?: string): FileError {
	const { code, message, found } = cause as NodeJS.ErrnoException & Partial<FileError>;
	const reasons: Readonly<Record<string, string>> = {
		ENOENT: "no such file",
		EACCES: "no permission to read it",
		EISDIR: "a folder",
		ENOTDIR: "a file where a folder should be",
		ERR_ENCODING_INVALID_ENCODED_DATA: "other bytes than UTF-8",
	};
	return new FileError({ what: path, found: reasons[code ?? ""] ?? found ?? message, ...(next && { next }), cause });
}
