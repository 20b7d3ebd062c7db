import { DownloadError, DrumError, LARGEST_TEXT, parseJson } from "@drum/tensor";
import { environmentFetch } from "../proxy.ts";
import { Interruption } from "../retry.ts";
import { retryAfter } from "../retry-after.ts";
import { Refusal } from "./refusal.ts";

export interface JsonRequest {
	readonly url: URL;
	readonly method?: "GET" | "POST";
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
	/** Milliseconds for the whole answer, its body too. */
	readonly timeout: number;
	readonly signal?: AbortSignal | undefined;
}

const LONGEST_MESSAGE = 200;

/**
 * Asks once.
 * @throws Interruption where another try may do, Refusal where not, ArgumentError for a proxy of the environment that is none,
 * DownloadError for an answer of more than 64 MB, the signal's reason.
 */
export async function fetchJson({ url, signal, timeout, ...request }: JsonRequest): Promise<unknown> {
	const deadline = AbortSignal.timeout(timeout);
	const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
	let response: Response;
	let text: string;
	try {
		response = await environmentFetch(url, { ...request, signal: either });
		text = await textOf(response, url);
	} catch (cause) {
		signal?.throwIfAborted();
		// A proxy that cannot be one, or too long an answer.
		if (DrumError.is(cause)) throw cause;
		const message = deadline.aborted ? `no whole answer in ${timeout / 1000} s` : reasonOf(cause);
		throw new Interruption(message, { cause });
	}
	const { ok, status, headers } = response;
	if (!ok) {
		const message = [`HTTP ${status}`, messageOf(text)].filter(Boolean).join(": ");
		throw mayPass(status)
			? new Interruption(message, { retryAfter: retryAfter(headers) })
			: new Refusal(status, text, message);
	}
	try {
		return parseJson(text);
	} catch (cause) {
		// A proxy's page, or a body that was cut short.
		throw new Interruption(`no JSON: ${brief(text)}`, { cause });
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

function mayPass(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/** What the error's JSON says, as OpenAI's `{ error: { message } }` and TMDB's `{ status_message }`, else its text. */
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

/** The innermost cause says it best: `fetch failed` alone says nothing. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.cause instanceof Error) return reasonOf(error.cause);
	return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
