import { ArgumentError, FileError, shown } from "@drum/tensor";
import * as z from "zod";
import type { CaptionFile } from "./caption-files.ts";

const schema = z.strictObject({
	seed: z
		.int()
		.min(0)
		.max(2 ** 32 - 1),
	epoch: z.int().min(0),
	position: z.int().min(0),
	files: z.array(z.string()).min(1).readonly(),
});

/** A place in a stream of captions, as JSON. */
export interface CaptionsState {
	readonly seed: number;
	readonly epoch: number;
	/** The number of captions of this epoch before the place. */
	readonly position: number;
	/** A digest of each file's captions, in order. */
	readonly files: readonly string[];
}

/** @throws ArgumentError for a value that is not a state, or has another seed than the given one */
export function checkState(state: unknown, seed: number | undefined): CaptionsState {
	const { data, error } = schema.safeParse(state);
	if (!data) {
		const { path, message } = error.issues[0]!;
		const found = `${path.join(".") || "the whole"}: ${message}`;
		throw new ArgumentError({ what: "state of captions", expected: "what state() gave", found, cause: error });
	}
	if (seed === undefined || seed === data.seed) return data;
	const next = "Leave it out, or begin anew without the state";
	throw new ArgumentError({ what: "seed", expected: `${data.seed}, as the state has`, found: shown(seed), next });
}

/** @throws FileError that names the first file with other captions than those of the state */
export function checkFiles(
	state: CaptionsState,
	digests: readonly string[],
	files: readonly CaptionFile[],
	count: number,
): void {
	const next = "Give the files with which the training began, or begin it anew";
	const changed = digests.findIndex((digest, i) => digest !== (state.files[i] ?? digest));
	if (changed !== -1) {
		const expected = "the captions with which the training began";
		throw new FileError({ what: files[changed]!.path, expected, found: "others", next });
	}
	if (digests.length !== state.files.length) {
		const expected = `${state.files.length} files, as when the training began`;
		throw new FileError({ what: "captions", expected, found: `${digests.length}`, next });
	}
	if (state.position < count) return;
	const expected = `a position below ${count}`;
	throw new ArgumentError({ what: "state of captions", expected, found: `${state.position}` });
}
