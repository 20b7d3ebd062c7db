import { DownloadError, DrumError, LARGEST_TEXT, parseJson } from "@drum/tensor";
import { failureOf } from "../http-failures.ts";
import { environmentFetch } from "../proxy.ts";
import { Interruption, mayPass } from "../retry.ts";
import { retryAfter } from "../retry-after.ts";
import { Refusal } from "./refusal.ts";
import { causeWithout, withoutSecret } from "./secret.ts";

/** A request whose answer is JSON. */
export interface JsonRequest {
	readonly url: URL;
	readonly method?: "GET" | "POST";
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
	/** A key in the request's headers or address. No error shows it. */
	readonly secret?: string | undefined;
	/** Milliseconds for the whole answer, including its body. */
	readonly timeout: number;
	readonly signal?: AbortSignal | undefined;
}

const LONGEST_MESSAGE = 200;

/**
 * Sends a request once and returns the JSON of its answer.
 * @throws Interruption if another try may help; Refusal if not
 * @throws ArgumentError for an invalid proxy in the environment
 * @throws DownloadError for an answer of more than 64 MB, an untrusted certificate, or a proxy that refuses
 * @throws CheckpointError for an answer that is not HTTP
 * @throws the signal's reason
 */
export async function fetchJson({ url, signal, timeout, secret, ...request }: JsonRequest): Promise<unknown> {
	const deadline = AbortSignal.timeout(timeout);
	const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
	const because = (cause: unknown) => ({ cause: causeWithout(secret, cause) });
	let response: Response;
	let text: string;
	try {
		response = await environmentFetch(url, { ...request, signal: either });
		text = await textOf(response, url);
	} catch (cause) {
		signal?.throwIfAborted();
		if (deadline.aborted && !DrumError.is(cause))
			throw new Interruption(`no complete answer within ${timeout / 1000} s`, because(cause));
		const failure = failureOf(cause, url.host);
		// An invalid proxy, an untrusted certificate, or an answer that is too long.
		if (DrumError.is(failure)) throw failure;
		throw new Interruption(withoutSecret(failure.message, secret), because(cause));
	}
	const { ok, status, headers } = response;
	if (!ok) {
		const said = withoutSecret(text, secret);
		const message = [`HTTP ${status}`, messageOf(said)].filter(Boolean).join(": ");
		throw mayPass(status)
			? new Interruption(message, { retryAfter: retryAfter(headers) })
			: new Refusal(message, status, { answer: said });
	}
	try {
		return parseJson(text);
	} catch (cause) {
		// A proxy's page, or a body that was cut short.
		throw new Interruption(`not JSON: ${brief(withoutSecret(text, secret))}`, because(cause));
	}
}

async function textOf({ body }: Response, url: URL): Promise<string> {
	const decoder = new TextDecoder();
	let [text, bytes] = ["", 0];
	if (!body) return text;
	for (const reader = body.getReader(); ; ) {
		const { done, value } = await reader.read();
		if (done) return text + decoder.decode();
		bytes += value.length;
		if (bytes > LARGEST_TEXT) {
			await reader.cancel();
			const expected = `an answer of at most ${LARGEST_TEXT} bytes`;
			throw new DownloadError({ what: url.host, expected, found: "more" });
		}
		text += decoder.decode(value, { stream: true });
	}
}

/** The message in an error's JSON, such as OpenAI's `{ error: { message } }` or TMDB's `{ status_message }`, else its text. */
function messageOf(text: string): string {
	try {
		const { error, status_message } = parseJson(text) as { error?: { message?: unknown }; status_message?: unknown };
		return brief(String(error?.message ?? status_message ?? text));
	} catch {
		return brief(text);
	}
}

function brief(text: string): string {
	const line = text.replace(/\s+/g, " ").trim();
	return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}
