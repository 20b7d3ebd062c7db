import type { ServerEvents } from "../../../api/index.ts";
import { at } from "./base.ts";
import { EventStream, type Told } from "./event-stream.ts";
import type { FromTab } from "./event-worker.ts";
import type { Events, Handlers } from "./service.ts";

/** The server's events: from the one stream that all tabs share, or where a browser has no shared workers, a stream of this tab's. */
class Live implements Events {
	/** `waiting` until events come, or come again. */
	state = $state<"off" | "waiting" | "open">("off");
	#handlers: Handlers | undefined;
	#leave: () => void = () => {};

	/** @param userId whose events they are: tabs of one user share a stream */
	start(userId: string, handlers: Handlers): void {
		this.stop();
		this.#handlers = handlers;
		this.state = "waiting";
		this.#leave = typeof SharedWorker === "undefined" ? this.#alone() : this.#shared(userId);
	}

	stop(): void {
		this.#leave();
		this.#leave = () => {};
		this.state = "off";
	}

	#shared(userId: string): () => void {
		const worker = new SharedWorker(new URL("./event-worker.ts", import.meta.url), {
			type: "module",
			name: `drum ${at("/api/events")} ${userId}`,
		});
		const say = (message: FromTab) => worker.port.postMessage(message);
		const come = () => say({ start: at("/api/events") });
		const bye = () => say("bye");
		// A page that is kept aside, to be shown again by the way back, needs no events meanwhile.
		const shown = ({ persisted }: PageTransitionEvent) => {
			if (!persisted) return;
			this.stop();
			this.start(userId, this.#handlers!);
			this.#handlers?.resumed();
		};
		worker.port.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
		worker.onerror = () => {
			leave();
			this.#leave = this.#alone();
		};
		addEventListener("pagehide", bye);
		addEventListener("pageshow", shown);
		const leave = () => {
			removeEventListener("pagehide", bye);
			removeEventListener("pageshow", shown);
			worker.port.onmessage = null;
			bye();
		};
		come();
		return leave;
	}

	/** Of this tab's own while it is seen: many tabs in the background would leave no connection to the one that is looked at. */
	#alone(): () => void {
		const stream = new EventStream(at("/api/events"), (told) => this.#hear(told));
		const follow = () => (document.hidden ? stream.stop() : stream.start());
		const hurry = () => !document.hidden && stream.hurry();
		document.addEventListener("visibilitychange", follow);
		addEventListener("online", hurry);
		follow();
		return () => {
			document.removeEventListener("visibilitychange", follow);
			removeEventListener("online", hurry);
			stream.stop();
		};
	}

	#hear(message: Told): void {
		const { told } = message;
		if (told === "event") this.#handle(message.name, message.data);
		else if (told === "refused") this.#handlers?.refused();
		else this.state = told;
		if (told === "open" && message.again) this.#handlers?.resumed();
	}

	#handle<Name extends keyof ServerEvents>(name: Name, data: string): void {
		this.#handlers?.[name](JSON.parse(data));
	}
}

export const live = new Live();
