/** Milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 10_000;

/** Tells how far a run is, in one line that is written over on a terminal, and now and then in a line of its own elsewhere. */
export class ProgressLine {
	readonly #stream: NodeJS.WriteStream;
	#start: { time: number; done: number } | undefined;
	#last = 0;

	constructor(stream: NodeJS.WriteStream) {
		this.#stream = stream;
	}

	show(done: number, total: number): void {
		const now = performance.now();
		this.#start ??= { time: now, done };
		const since = done - this.#start.done;
		const left = since > 0 ? `, ${timeText(((now - this.#start.time) / since) * (total - done))} left` : "";
		const text = `${done} of ${total} measurements${left}`;
		if (this.#stream.isTTY) this.#stream.write(`\r\x1b[K${text}`);
		else if (now - this.#last > LINE_EVERY || done === total) {
			this.#last = now;
			this.#stream.write(`${text}\n`);
		}
	}

	end(): void {
		if (this.#start && this.#stream.isTTY) this.#stream.write("\n");
	}
}

function timeText(milliseconds: number): string {
	const seconds = Math.ceil(milliseconds / 1000);
	return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
