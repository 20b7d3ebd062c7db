import type { Problem } from "@drum/demo/api";
import { DrumError, type ErrorCode } from "@drum/tensor";

const TITLES: Readonly<Record<ErrorCode, string>> = {
	argument: "The model does not take this",
	checkpoint: "The model's files are not as they should be",
	file: "A file is missing, or has no room",
	download: "The model could not be fetched",
	device: "The graphics processor or the processor gave up",
};

/** What is advised here in place of what a program would do. */
const NEXT: Partial<Record<ErrorCode, string>> = {
	file: "Free some storage of this browser or of the disk, then go on.",
	device: "It begins anew with the next picture: try again, take a smaller picture, or the small model.",
};

/** What the page shows of an error: here nobody's machine is named but the visitor's own. */
export function problemOf(error: unknown): Problem {
	if (!DrumError.is(error)) {
		const detail = error instanceof Error ? error.message : String(error);
		return { type: "urn:drum:problem:internal", title: "This could not be done", status: 500, detail };
	}
	const { code, next, message } = error;
	const advice = NEXT[code];
	// The library's own advice ends its message.
	const said = advice && next ? message.slice(0, -`. ${next}`.length) : message;
	return {
		type: `urn:drum:problem:${code}`,
		title: TITLES[code],
		status: code === "argument" ? 422 : 500,
		detail: advice ? `${said}. ${advice}` : said,
	};
}
