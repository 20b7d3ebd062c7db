/** Lets the event loop turn once: timers, frames and input get their turn within long work. */
export function nextTurn(): Promise<void> {
	// A message port starves timers in Node.js, and browsers hold `setTimeout` back.
	if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
	return new Promise((resolve) => {
		const { port1, port2 } = new MessageChannel();
		port1.addEventListener("message", () => {
			port1.close();
			resolve();
		});
		port1.start();
		port2.postMessage(undefined);
	});
}
