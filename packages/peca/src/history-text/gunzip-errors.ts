import { FileError } from "@drum/tensor";

export function tooLarge(what: string, most: number, cause?: unknown): FileError {
	return new FileError({
		what,
		expected: `at most ${most} bytes of text`,
		found: "more",
		next: "Keep the newest rows",
		cause,
	});
}

export function damaged(what: string, cause: unknown): FileError {
	return new FileError({
		what,
		expected: "a whole gzip file",
		found: "a damaged one",
		next: "Pack or download it again",
		cause,
	});
}
