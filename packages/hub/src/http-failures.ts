import { CheckpointError, DownloadError, DrumError, parseJson, printable } from "@drum/tensor";
import { silentReason } from "./environment.ts";
import { Refusal } from "./requests/refusal.ts";
import { withoutSecret } from "./requests/secret.ts";
import { Interruption, mayPass } from "./retry.ts";
import { retryAfter } from "./retry-after.ts";

export interface ErrorBody {
	/** The message: short, printable, and without the access token. */
	message: string;
}

/** How many characters of an error's body are read. */
const LONGEST_BODY = 16_384;

/** Reads the error message of an answer, and no more of its body than that needs. */
export async function errorBody(answer: Response, token: string | undefined): Promise<ErrorBody> {
	const said = answer.headers.get("x-error-message") ?? messageOf(await beginning(answer.body));
	return { message: printable(withoutSecret(said, token, "(the token)").replace(/\s+/g, " ").trim()) };
}

async function beginning(body: ReadableStream<Uint8Array> | null): Promise<string> {
	let text = "";
	const decoder = new TextDecoder();
	try {
		// Leaving the loop cancels the body.
		for await (const chunk of body ?? []) {
			text += decoder.decode(chunk, { stream: true });
			if (text.length > LONGEST_BODY) break;
		}
	} catch {
		// The text so far is enough.
	}
	return text.slice(0, LONGEST_BODY);
}

/** The hub's `{ error }`, a store's `{ message }`, or plain text; `""` for a page in HTML. */
function messageOf(text: string): string {
	try {
		const { error, message } = parseJson(text) as { error?: unknown; message?: unknown };
		return [error, message].find((each) => typeof each === "string") ?? "";
	} catch {
		return /^\s*[<{[]/.test(text) ? "" : text;
	}
}

/** The error for an answer that is not a success. */
export function statusFailure({ status, headers }: Response, { message }: ErrorBody, hadToken: boolean): Error {
	const found = [`HTTP ${status}`, message].filter(Boolean).join(": ");
	if (mayPass(status)) return new Interruption(found, { retryAfter: retryAfter(headers) });
	return new Refusal(found, status, { reason: headers.get("x-error-code") ?? undefined, hadToken });
}

/** The error for a request without an answer, or with an incomplete one: an `Interruption` if another try may help. */
export function failureOf(error: unknown, host: string): Error {
	if (DrumError.is(error) || error instanceof Interruption || error instanceof Refusal) return error;
	const inner = innermost(error);
	const code = inner.code ?? "";
	const found = inner.message || code || inner.name;
	if (/CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)) {
		return new DownloadError({
			what: `the certificate of ${host}`,
			expected: "one that this machine trusts",
			found,
			next: "If a proxy uses its own certificates, set NODE_EXTRA_CA_CERTS to the file of its certificate authority",
			cause: error,
		});
	}
	if (inner.name === "HTTPParserError" || /^HPE_|^UND_ERR_HEADERS_OVERFLOW$/.test(code)) {
		return new CheckpointError({
			what: `the answer of ${host}`,
			expected: "an answer over HTTP",
			found,
			next: "Check the address and its port",
			cause: error,
		});
	}
	if (/\b407\b/.test(found)) {
		return new DownloadError({
			what: `the proxy on the way to ${host}`,
			expected: "permission to pass",
			found,
			next: "Give user and password in the proxy's URL: http://user:password@proxy.example:3128",
			cause: error,
		});
	}
	return new Interruption(silentReason(found, host), { cause: error });
}

/** The innermost cause, because the outer message is often just `fetch failed`. */
function innermost(error: unknown): { message: string; name: string; code?: string | undefined } {
	if (!(error instanceof Error)) return { message: String(error), name: "Error" };
	if (error.cause instanceof Error) return innermost(error.cause);
	const { code } = error as NodeJS.ErrnoException;
	return { message: error.message, name: error.name, code };
}
