import { DownloadError } from "@drum/tensor";
import { Interruption, pause } from "../retry.ts";

const ATTEMPTS = 5;
/** A server that wants to be left alone for longer is not waited for. */
const LONGEST_WAIT = 300_000;

/**
 * Runs `task` up to five times, as long as it is interrupted: after the time that the server names, else after 0.5, 1, 2, 4 s.
 * @param what the thing that is asked for, for the message
 * @throws DownloadError after the last attempt, or where the server wants a wait of more than five minutes; what else `task` throws.
 */
export async function retried<T>(
	task: () => Promise<T>,
	{ what, next, signal }: { what: string; next: string; signal: AbortSignal | undefined },
): Promise<T> {
	for (let attempt = 1; ; attempt++) {
		try {
			return await task();
		} catch (error) {
			if (!(error instanceof Interruption)) throw error;
			const wait = error.retryAfter ?? 500 * 2 ** (attempt - 1);
			if (attempt === ATTEMPTS || wait > LONGEST_WAIT) {
				const later = wait > LONGEST_WAIT ? `, to be asked again in ${Math.ceil(wait / 1000)} s` : "";
				throw new DownloadError({ what, found: error.message + later, next, cause: error });
			}
			await pause(wait, signal);
		}
	}
}
