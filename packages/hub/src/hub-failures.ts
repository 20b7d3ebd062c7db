import { CheckpointError, DownloadError, DrumError, FileError, shown } from "@drum/tensor";
import { HubApiError } from "@huggingface/hub";
import { Interruption } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

/**
 * What a failed request means: an `Interruption` if another try may do, else the error for the user.
 *
 * @param name the repository
 * @param what the thing that was asked for: the repository, or a file of it
 */
export function explained(error: unknown, name: string, what: string, { endpoint, token }: HubSettings): Error {
	if (DrumError.is(error) || error instanceof Interruption) return error;
	if (!(error instanceof HubApiError)) return new Interruption(reasonOf(error), { cause: error });
	const found = answerOf(error);
	switch (error.statusCode) {
		case 401:
		case 403:
			return new DownloadError({
				what,
				expected: "leave to read it",
				found,
				next:
					`If ${name} is the right name, accept its licence at ${endpoint}/${name}, then ` +
					(token === undefined
						? "set HF_TOKEN to an access token of that account"
						: "check that HF_TOKEN is a valid token of that account and may read gated repositories"),
				cause: error,
			});
		case 404:
			return new FileError({ what: `${what} is not on ${endpoint}`, found, cause: error });
		case 408:
		case 429:
			return new Interruption(found, { cause: error });
		default:
			if (error.statusCode >= 500) return new Interruption(found, { cause: error });
			return new DownloadError({ what, expected: `an answer from ${endpoint}`, found, cause: error });
	}
}

/** Status and message of a refusal. */
export function answerOf(error: HubApiError): string {
	return `HTTP ${error.statusCode}: ${error.data?.error ?? error.message}`;
}

/** The innermost cause says it best: `fetch failed` alone says nothing. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.cause instanceof Error) return reasonOf(error.cause);
	const { code } = error as NodeJS.ErrnoException;
	return error.message || code || error.name;
}

export function malformed(name: string, expected: string, found: unknown): CheckpointError {
	return new CheckpointError({
		what: `the hub's answer about ${name}`,
		expected,
		found: shown(found),
		next: "Check the endpoint, and whether the repository can be trusted",
	});
}

/** An interruption that went on through all attempts. */
export function gaveUp(error: unknown, what: string): unknown {
	if (!(error instanceof Interruption)) return error;
	return new DownloadError({
		what: `${what} could not be fetched`,
		found: error.message,
		next: "Check the connection and run this again: a download goes on from where it stopped",
		cause: error.cause,
	});
}
