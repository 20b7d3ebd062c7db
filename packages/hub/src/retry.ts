import { DownloadError } from "@drum/tensor";

/** A request failed in a way that may not last: a dropped connection, a server's error, a limit on requests. */
export class Interruption extends Error {
	/** Milliseconds that the server asks to wait before the next try; undefined if it does not say. */
	readonly retryAfter: number | undefined;
	/** Whether the server sent nothing within the time limit. */
	readonly silent: boolean;

	constructor(
		message: string,
		{ retryAfter, silent = false, cause }: { retryAfter?: number | undefined; silent?: boolean; cause?: unknown } = {},
	) {
		super(message, { cause });
		this.retryAfter = retryAfter;
		this.silent = silent;
	}
}

/** The longest wait, in milliseconds, that a server may ask for: the hub counts requests over 5 minutes. */
const LONGEST_WAIT = 300_000;

/** Waits. @throws the signal's reason, as soon as it fires */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
	signal?.throwIfAborted();
	const { promise, resolve } = Promise.withResolvers<void>();
	const timer = setTimeout(resolve, milliseconds);
	const end = () => resolve();
	signal?.addEventListener("abort", end, { once: true });
	await promise;
	clearTimeout(timer);
	signal?.removeEventListener("abort", end);
	signal?.throwIfAborted();
}

/** How `retrying` tries again. */
export interface Retries {
	/** How often to try. Default 5. */
	attempts?: number;
	/** Longest pause between two tries, in milliseconds. If the server asks for more, there is no further try. Default 5 minutes. */
	longestWait?: number;
	/** Whether to try again after a failure. Default: always. */
	again?: (failure: Interruption) => boolean;
	/** A number that grows as the task advances. */
	progress?: () => number;
	/** Called before each pause. */
	onPause?: (failure: Interruption, milliseconds: number) => void;
	signal?: AbortSignal | undefined;
}

/** Whether another try may help after an answer with this status. */
export function mayPass(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/**
 * Runs `task` again after an `Interruption`. Waits as long as the server asks, else 0.5, 1, 2, 4 s. If `progress` has grown since the last
 * failure, the task gets all attempts again, because a long download over a poor connection may break many times.
 * @throws the last `Interruption`, at once if the server asks for more than `longestWait`; any other error of `task`; the signal's reason
 */
export async function retrying<T>(
	task: () => Promise<T>,
	{ attempts = 5, longestWait = LONGEST_WAIT, again = () => true, progress = () => 0, onPause, signal }: Retries,
): Promise<T> {
	let reached = progress();
	for (let attempt = 1; ; attempt++) {
		try {
			return await task();
		} catch (error) {
			if (progress() > reached) attempt = 1;
			if (!(error instanceof Interruption) || attempt >= attempts || !again(error)) throw error;
			const wait = error.retryAfter ?? 500 * 2 ** (attempt - 1);
			if (wait > longestWait) throw error;
			reached = progress();
			onPause?.(error, wait);
			await pause(wait, signal);
		}
	}
}

/**
 * Turns an `Interruption` that ended `retrying` into a DownloadError, which says when the server may be asked again. Returns any other
 * error as it is.
 * @param what what was requested
 * @param next what the user can do
 */
export function gaveUp(error: unknown, { what, next }: { what: string; next: string }): unknown {
	if (!(error instanceof Interruption)) return error;
	const { message, retryAfter = 0, cause } = error;
	const later = retryAfter > 0 ? `, to be asked again in ${Math.ceil(retryAfter / 1000)} s` : "";
	return new DownloadError({ what, found: message + later, next, cause });
}
