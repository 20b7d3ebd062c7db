import { printable, shown } from "./shown.ts";

const MARK = Symbol.for("@drum/error");

/** What every error of these packages says: the thing, what was expected, what was found, how to mend it. */
export interface ErrorFields {
	/** The thing that is wrong, named as the user knows it: an option, a file, a weight. */
	what: string;
	expected?: string;
	found?: string;
	/** How to mend it, as a sentence. */
	next?: string;
	cause?: unknown;
}

export type ErrorCode = "argument" | "checkpoint" | "file" | "download" | "device";

/** Not the class's own name, which a bundler may shorten. */
const NAMES: Readonly<Record<ErrorCode, string>> = {
	argument: "ArgumentError",
	checkpoint: "CheckpointError",
	file: "FileError",
	download: "DownloadError",
	device: "DeviceError",
};

/** Longest field of an error, in characters: more than a path or a list of names needs. */
const MOST_LETTERS = 2000;

/**
 * Base of all errors thrown on purpose. A message is one printable line, whatever a file or a caller gave. Tell them apart by `code`; `DrumError.is` also knows errors from another copy of
 * this package, where `instanceof` does not. A cancelled call throws its `AbortSignal`'s reason instead, as the platform does.
 */
export class DrumError extends Error {
	readonly code: ErrorCode;
	readonly what: string;
	readonly expected: string | undefined;
	readonly found: string | undefined;
	readonly next: string | undefined;
	/** Marks instances across copies of the package. */
	readonly [MARK] = true;

	constructor(code: ErrorCode, { cause, ...fields }: ErrorFields) {
		const what = line(fields.what) ?? "";
		const [expected, found, next] = [line(fields.expected), line(fields.found), line(fields.next)];
		const difference = [expected && `expected ${expected}`, found && `found ${found}`].filter(Boolean).join(", ");
		const text = (difference ? `${what}: ${difference}` : what) + (next ? `. ${next}` : "");
		super(text, cause === undefined ? undefined : { cause });
		this.name = NAMES[code];
		this.code = code;
		this.what = what;
		this.expected = expected;
		this.found = found;
		this.next = next;
	}

	static is(error: unknown): error is DrumError {
		return typeof error === "object" && error !== null && MARK in error;
	}
}

/** A field as one line that a terminal and a log may show: names, paths and messages in it may come from a stranger's file. */
function line(field: unknown): string | undefined {
	if (field === undefined) return undefined;
	return typeof field === "string" ? printable(field, { most: MOST_LETTERS }) : shown(field);
}

/** A value the caller gave is not one this call takes. */
export class ArgumentError extends DrumError {
	constructor(fields: ErrorFields) {
		super("argument", fields);
	}
}

/** A checkpoint's file is malformed, or does not fit the model that reads it: for ever, so trying again is no use. */
export class CheckpointError extends DrumError {
	constructor(fields: ErrorFields) {
		super("checkpoint", fields);
	}
}

/** A file is missing, or cannot be read or written. */
export class FileError extends DrumError {
	constructor(fields: ErrorFields) {
		super("file", fields);
	}
}

/** A file could not be fetched; another try may do. */
export class DownloadError extends DrumError {
	constructor(fields: ErrorFields) {
		super("download", fields);
	}
}

/** The device asked for cannot run the model. */
export class DeviceError extends DrumError {
	constructor(fields: ErrorFields) {
		super("device", fields);
	}
}
