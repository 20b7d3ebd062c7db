/** A terminal and a package runner may each pass on the same key press: signals so near to the first are one with it. */
const SAME_MS = 1000;

/** Settles at the first SIGINT or SIGTERM; at one that comes later the process ends at once. */
export function stopSignal(): Promise<void> {
	return new Promise((resolve) => {
		let first: number | undefined;
		const heard = (signal: NodeJS.Signals) => {
			first ??= performance.now();
			if (performance.now() - first > SAME_MS) {
				// By the signal itself: an exit while a model runs in its thread aborts the process.
				process.off(signal, heard);
				process.kill(process.pid, signal);
			}
			resolve();
		};
		process.on("SIGINT", heard);
		process.on("SIGTERM", heard);
	});
}
