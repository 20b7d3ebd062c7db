import { CheckpointError, DownloadError, DrumError, FileError, printable, shown } from "@drum/tensor";
import { HubApiError } from "./hub-questions.ts";
import { Refusal } from "./requests/refusal.ts";
import { gaveUp, Interruption, mayPass } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

/**
 * Turns a failed request into an `Interruption` if another try may help, else into the error for the user.
 *
 * @param name the repository
 * @param what what was requested: the repository, or a file of it
 */
export function explained(error: unknown, name: string, what: string, settings: HubSettings): Error {
	if (DrumError.is(error) || error instanceof Interruption) return error;
	// The chunk store's client makes its own errors, from answers that `HubFetch.chunks` has made safe.
	if (error instanceof HubApiError) return explained(refusalOf(error), name, what, settings);
	if (!(error instanceof Refusal)) return malformed(name, "an answer as the hub gives it", reasonOf(error));
	const { endpoint, token } = settings;
	const { status, message: found, cause } = error;
	if (status === 404) return new FileError({ what: `${what} is not on ${endpoint}`, found, cause });
	if (status !== 401 && status !== 403)
		return new DownloadError({ what, expected: `an answer from ${endpoint}`, found, cause });
	if (isTokenRefused(error)) return tokenRefused(error, what, settings);
	const next =
		`If ${name} is the right name, accept its licence at ${endpoint}/${name}, then ` +
		(token === undefined
			? "set HF_TOKEN to an access token of that account"
			: `check that the access token of ${token.from} is a valid token of that account and may read gated repositories`);
	return new DownloadError({ what, expected: "permission to read it", found, next, cause });
}

/** Whether the hub refused the token itself, rather than access to the repository. */
export function isTokenRefused({ status, reason, hadToken }: Refusal): boolean {
	return status === 401 && hadToken && reason === undefined;
}

export function tokenRefused(error: Refusal, what: string, { endpoint, token }: HubSettings): DownloadError {
	const from = token?.from ?? "the option token";
	return new DownloadError({
		what: `${what} cannot be read with the access token of ${from}`,
		expected: "one that is valid",
		found: error.message,
		next: `Renew it at ${endpoint}/settings/tokens, or unset it; and check the spelling`,
		cause: error,
	});
}

function refusalOf({ statusCode, message }: HubApiError): Error {
	const found = `HTTP ${statusCode}: ${printable(message)}`;
	if (mayPass(statusCode)) return new Interruption(found);
	return new Refusal(found, statusCode);
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The error for an answer that breaks the hub's rules. Such an answer is not requested again. */
export function malformed(name: string, expected: string, found: unknown): CheckpointError {
	return new CheckpointError({
		what: `the hub's answer about ${printable(name)}`,
		expected,
		found: shown(found),
		next: "Check the endpoint, whether a login page or a proxy is in between, and whether you trust the repository",
	});
}

/** The error for a download that was interrupted in every attempt. */
export function notFetched(error: unknown, what: string): unknown {
	const next = "Check the connection and run this again: the download continues where it stopped";
	return gaveUp(error, { what: `${what} could not be fetched`, next });
}
