import { Interruption } from "./retry.ts";

export interface BodyLimits {
	/** Milliseconds without a byte. */
	stall: number;
	/** Milliseconds of the whole, from now on. */
	whole: number | undefined;
	/** Sees each chunk's length, and throws where there is too much. */
	count: ((bytes: number) => void) | undefined;
	/** Names the sender in messages. */
	host: string;
	/** Begins to wait for a chunk; its timer is stopped when that comes. */
	tell: () => ReturnType<typeof setTimeout>;
	/** What a failure means. */
	failed: (error: unknown) => Error;
}

/**
 * A body that fails when nothing comes, or too much. Only the time in which bytes are waited for counts, so a reader may take its time
 * over each chunk.
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
		// Nothing is read ahead, so nothing that has come is lost when the line breaks.
		{ highWaterMark: 0 },
	);
}
