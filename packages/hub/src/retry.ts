import { setTimeout } from "node:timers/promises";

/** A request failed in a way that may pass: a dropped connection, a server's error, a limit on requests. */
export class Interruption extends Error {}

/** Waits; on abort, throws the signal's reason at once. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
	signal?.throwIfAborted();
	await setTimeout(milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
}

/**
 * Runs `task` again after an `Interruption`, waiting 0.5, 1, 2, 4 s. A task that came further since its last failure,
 * as told by `progress`, has all its attempts again: a long download over a poor line may break many times.
 */
export async function retrying<T>(
	task: () => Promise<T>,
	{
		attempts = 5,
		progress = () => 0,
		signal,
	}: { attempts?: number; progress?: () => number; signal?: AbortSignal | undefined },
): Promise<T> {
	let reached = progress();
	for (let attempt = 1; ; attempt++) {
		try {
			return await task();
		} catch (error) {
			if (progress() > reached) attempt = 1;
			if (!(error instanceof Interruption) || attempt >= attempts) throw error;
			reached = progress();
			await pause(500 * 2 ** (attempt - 1), signal);
		}
	}
}
