import type { ServerEvents } from "../../../api/index.ts";
import { service } from "./client.ts";

type Handlers = { [Name in keyof ServerEvents]: (data: ServerEvents[Name]) => void } & {
	/** Called when events come again after a gap; what ended within it was missed. */
	resumed: () => void;
	/** Called when the service refuses the events, as it does when a session has ended. */
	refused: () => void;
};

const [FIRST_WAIT, LONGEST_WAIT] = [1000, 30_000];

/** The service's events. A connection that breaks is tried again, by the browser or, where that gives up, here. */
class Live {
	/** `waiting` until events come, or come again. */
	state = $state<"off" | "waiting" | "open">("off");
	#source: EventSource | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#wait = FIRST_WAIT;
	#handlers: Handlers | undefined;
	#opened = false;

	start(handlers: Handlers): void {
		this.stop();
		this.#handlers = handlers;
		this.state = "waiting";
		this.#open();
		addEventListener("online", this.#again);
	}

	stop(): void {
		removeEventListener("online", this.#again);
		clearTimeout(this.#timer);
		this.#source?.close();
		this.#opened = false;
		this.state = "off";
	}

	#again = (): void => {
		clearTimeout(this.#timer);
		if (this.state === "waiting") this.#open();
	};

	#open(): void {
		this.#source?.close();
		const source = new EventSource(service.events);
		this.#source = source;
		source.onopen = () => {
			this.#wait = FIRST_WAIT;
			this.state = "open";
			if (this.#opened) this.#handlers?.resumed();
			this.#opened = true;
		};
		source.onerror = () => {
			this.state = "waiting";
			if (source.readyState !== EventSource.CLOSED) return;
			this.#handlers?.refused();
			clearTimeout(this.#timer);
			this.#timer = setTimeout(this.#again, this.#wait * (0.75 + Math.random() / 2));
			this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
		};
		this.#listen(source, "job");
		this.#listen(source, "preview");
		this.#listen(source, "deleted");
	}

	#listen<Name extends keyof ServerEvents>(source: EventSource, name: Name): void {
		source.addEventListener(name, ({ data }) => this.#handlers?.[name](JSON.parse(data)));
	}
}

export const live = new Live();
