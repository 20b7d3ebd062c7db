/** How long a job may take to heed that it is to end: between two steps, or two batches of prompts, it does. */
const PATIENCE_MS = 1000;

/** Calls `end` a second after the signal aborts, unless it is disposed of before: a step of a large picture takes minutes. */
export function endWith(signal: AbortSignal, end: () => void): Disposable {
	let timer: NodeJS.Timeout | undefined;
	const begin = () => {
		timer = setTimeout(end, PATIENCE_MS);
	};
	if (signal.aborted) begin();
	else signal.addEventListener("abort", begin);
	return {
		[Symbol.dispose]() {
			clearTimeout(timer);
			signal.removeEventListener("abort", begin);
		},
	};
}
