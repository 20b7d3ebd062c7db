import { DownloadError } from "@drum/tensor";

/** A request failed in a way that may pass: a dropped connection, a server's error, a limit on requests. */
export class Interruption extends Error {
	/** Milliseconds that the server asks to wait before the next try. */
	readonly retryAfter: number | undefined;
	/** Whether nothing came for as long as was waited. */
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

/** The longest that a server's wish is heeded: the hub counts requests over 5 minutes. */
const LONGEST_WAIT = 300_000;

/** Waits; on abort, throws the signal's reason at once. */
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

export interface Retries {
	/** Default 5. */
	attempts?: number;
	/** Milliseconds that a pause between two tries may take; a server that asks for more ends them. Default 5 minutes. */
	longestWait?: number;
	/** Whether a failure is worth another try. Default: each. */
	again?: (failure: Interruption) => boolean;
	/** How far the task has come. */
	progress?: () => number;
	/** Told before each pause. */
	onPause?: (failure: Interruption, milliseconds: number) => void;
	signal?: AbortSignal | undefined;
}

/** Whether an answer of that status may be another one soon. */
export function mayPass(status: number): boolean {
	return status === 408 || status === 429 || status >= 500;
}

/**
 * Runs `task` again after an `Interruption`, waiting as long as the server asks, else 0.5, 1, 2, 4 s. A task that came further since
 * its last failure, as told by `progress`, has all its attempts again: a long download over a poor line may break many times.
 * @throws the last `Interruption`, also where the server asks for a longer wait; what else `task` throws; the signal's reason.
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
 * What ends `retrying`, for the user: of an `Interruption` a DownloadError that tells when the server wants to be asked again; any other
 * error as it is.
 * @param what the thing that was asked for
 */
export function gaveUp(error: unknown, { what, next }: { what: string; next: string }): unknown {
	if (!(error instanceof Interruption)) return error;
	const { message, retryAfter = 0, cause } = error;
	const later = retryAfter > 0 ? `, to be asked again in ${Math.ceil(retryAfter / 1000)} s` : "";
	return new DownloadError({ what, found: message + later, next, cause });
}
