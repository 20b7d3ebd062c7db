import type { ServerEvents } from "../../../api/index.ts";

/** What a stream of events tells whoever follows it. */
export type Told =
	/** Events come; `again` after a gap, within which some were missed: also one before any came. */
	| { told: "open"; again: boolean }
	/** None come: a connection is tried. */
	| { told: "waiting" }
	/** The service gave no stream, as it does when a session has ended. */
	| { told: "refused" }
	/** `data` is JSON. */
	| { told: "event"; name: keyof ServerEvents; data: string };

const NAMES = ["job", "preview", "deleted", "history"] as const satisfies readonly (keyof ServerEvents)[];
const [FIRST_WAIT, LONGEST_WAIT] = [1000, 30_000];

/** One connection to the service's events. Where it breaks it is tried again, by the browser or, where that gives up, here. */
export class EventStream {
	readonly #url: string;
	readonly #tell: (told: Told) => void;
	#source: EventSource | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#wait = FIRST_WAIT;
	/** Whether there was a time without a connection since it was first asked for. */
	#gap = false;

	constructor(url: string, tell: (told: Told) => void) {
		this.#url = url;
		this.#tell = tell;
	}

	/** Connects, unless it is connected. */
	start(): void {
		if (this.#source && this.#source.readyState !== EventSource.CLOSED) return;
		clearTimeout(this.#timer);
		this.#tell({ told: "waiting" });
		const source = new EventSource(this.#url);
		this.#source = source;
		source.onopen = () => {
			this.#wait = FIRST_WAIT;
			this.#tell({ told: "open", again: this.#gap });
		};
		source.onerror = () => {
			this.#gap = true;
			this.#tell({ told: "waiting" });
			if (source.readyState !== EventSource.CLOSED) return;
			this.#tell({ told: "refused" });
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.start(), this.#wait * (0.75 + Math.random() / 2));
			this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
		};
		for (const name of NAMES)
			source.addEventListener(name, ({ data }: MessageEvent<string>) => this.#tell({ told: "event", name, data }));
	}

	/** Connects anew, at once, where it waits to be tried again. */
	hurry(): void {
		if (this.#source?.readyState === EventSource.OPEN) return;
		this.stop();
		this.start();
	}

	/** Lets the connection go; `start` takes it up again, after a gap. */
	stop(): void {
		clearTimeout(this.#timer);
		this.#gap = true;
		this.#source?.close();
		this.#source = undefined;
	}
}
