/** A terminal and a package runner may each pass on the same key press: signals so near to the first are one with it. */
const SAME_MS = 1000;

/** Settles at the first SIGINT or SIGTERM; at one that comes later the process ends at once. */
export function stopSignal(): Promise<void> {
	return new Promise((resolve) => {
		let first: number | undefined;
		const heard = (signal: NodeJS.Signals) => {
			if (first === undefined) first = performance.now();
			else if (performance.now() - first > SAME_MS) process.exit(signal === "SIGINT" ? 130 : 143);
			resolve();
		};
		process.on("SIGINT", heard);
		process.on("SIGTERM", heard);
	});
}
