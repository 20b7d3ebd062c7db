import type { Problem } from "@drum/demo/api";
import { DrumError } from "@drum/tensor";

/** What the page shows of an error: here nobody's machine is named but the visitor's own. */
export function problemOf(error: unknown): Problem {
	const known = DrumError.is(error);
	return {
		type: `urn:drum:problem:${known ? error.code : "internal"}`,
		title: known && error.code === "argument" ? "The model does not take this" : "This could not be done",
		status: known && error.code === "argument" ? 422 : 500,
		detail: error instanceof Error ? error.message : String(error),
	};
}
