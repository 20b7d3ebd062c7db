import type { Flags } from "./options/flags.ts";

/** What a command writes to, reads from and heeds. */
export interface Surroundings {
	/** Results, and nothing else. */
	stdout: Output;
	/** Progress, notices and errors. */
	stderr: Output;
	/** Read for a history named `-`. */
	stdin: AsyncIterable<Uint8Array | string>;
	/** `DRUM_DEBUG` shows errors with their stack. */
	env: Readonly<Record<string, string | undefined>>;
	/** Ends the command with exit code 130, after the step in progress. */
	signal: AbortSignal;
	/** What the packages' options are called here. */
	flags: Flags;
}

/** The part of a writable stream that is used. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined };
