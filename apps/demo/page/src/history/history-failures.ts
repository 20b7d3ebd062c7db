import { notices } from "../frame/notices.svelte.ts";
import { asFailure, Failure } from "../service/failure.ts";
import { HistoryFileError } from "./history-file.ts";

/** Several files may be taken at once: each is told of by its name. */
export function notImported(name: string, { message, status, detail, retryAt }: Failure): Failure {
	const why = status === 422 ? detail : [message, detail].filter(Boolean).join("\n");
	return new Failure(`“${name}” could not be imported`, status, why, retryAt);
}

/** Tells what went wrong with a history. */
export function tell(error: unknown): void {
	const { message, detail } = error instanceof HistoryFileError ? { message: error.message } : asFailure(error);
	notices.show(message, { detail, tone: "bad" });
}
