/** In place of `node:timers/promises`, over the global timer, which tests can drive. */
export function setTimeout(milliseconds: number, _: undefined, { signal }: { signal?: AbortSignal }): Promise<void> {
	return new Promise((resolve, reject) => {
		globalThis.setTimeout(resolve, milliseconds);
		signal?.addEventListener("abort", () => reject(signal.reason));
	});
}
