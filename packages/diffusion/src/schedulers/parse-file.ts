import { CheckpointError, parseJson } from "@drum/tensor";

/**
 * The settings in the text of a `scheduler_config.json`. diffusers writes DPM-Solver's default `lambda_min_clipped` as
 * `-Infinity`, which is not JSON: it, `Infinity` and `NaN` are read as null.
 * @throws CheckpointError for text that is not JSON otherwise, or beyond the bounds of `parseJson`.
 */
export function parseSchedulerFile(text: string): unknown {
	try {
		// A string without an end matches too: otherwise each quote in it would be tried as a start.
		return parseJson(text.replace(/("[^"\\]*(?:\\.[^"\\]*)*"?)|-?Infinity|NaN/gs, (_, string) => string ?? "null"));
	} catch (cause) {
		throw new CheckpointError({
			what: "scheduler_config.json",
			expected: "JSON",
			found: (cause as Error).message,
			cause,
		});
	}
}
