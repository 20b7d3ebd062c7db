import { Interruption } from "./retry.ts";

export interface BodyLimits {
	/** How many milliseconds may pass without a byte. */
	stall: number;
	/** Milliseconds for the whole body, from now on; undefined for no limit. */
	whole: number | undefined;
	/** Called with each chunk's length in bytes; throws if the body is too long. */
	count: ((bytes: number) => void) | undefined;
	/** The sender's name, for messages. */
	host: string;
	/** Called when the wait for a chunk begins; returns a timer that is stopped when the chunk arrives. */
	tell: () => ReturnType<typeof setTimeout>;
	/** Turns a failure into the error to throw. */
	failed: (error: unknown) => Error;
}

/**
 * Wraps a body so that it fails if no bytes arrive in time, or too many. Only the time spent waiting for bytes counts against `stall`, so a
 * reader may take its time over each chunk.
 */
export function timedBody(body: ReadableStream<Uint8Array>, limits: BodyLimits): ReadableStream<Uint8Array> {
	const { stall, whole = Number.POSITIVE_INFINITY, count, host, tell, failed } = limits;
	const reader = body.getReader();
	const end = performance.now() + whole;
	const next = () => {
		const timers = [tell()];
		const late = new Promise<never>((_, reject) => {
			const fail = () => reject(new Interruption(`no more bytes from ${host}`, { silent: true }));
			timers.push(setTimeout(fail, Math.max(Math.min(stall, end - performance.now()), 0)));
		});
		return Promise.race([reader.read(), late]).finally(() => timers.forEach(clearTimeout));
	};
	return new ReadableStream<Uint8Array>(
		{
			async pull(controller) {
				try {
					const { done, value } = await next();
					if (done) return controller.close();
					count?.(value.length);
					controller.enqueue(value);
				} catch (error) {
					reader.cancel().catch(() => {});
					throw failed(error);
				}
			},
			cancel: (reason) => reader.cancel(reason),
		},
		// Nothing is read ahead, so no bytes that arrived are lost when the connection breaks.
		{ highWaterMark: 0 },
	);
}
