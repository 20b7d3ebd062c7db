import { type Host, type Listener, NotStarted } from "./host.ts";
import type { Reply, Request, Result } from "./session-protocol.ts";

interface Waiting {
	resolve: (result: Result | undefined) => void;
	reject: (error: Error) => void;
}

/** Starts a worker. @throws NotStarted */
export type StartHost = (listener: Listener) => Host;

/**
 * One worker in which ONNX Runtime runs, started when it is first asked. It does not keep the process alive unless it is working.
 */
export class Runtime {
	readonly #startHost: StartHost;
	#host: Host | undefined;
	#requests = 0;
	#lives = 0;
	readonly #waiting = new Map<number, Waiting>();

	constructor(startHost: StartHost) {
		this.#startHost = startHost;
	}

	/** Which worker it is: what one held, the next does not have. */
	get life(): number {
		return this.#lives;
	}

	/** Whether it is at work where nothing can end it. */
	get stays(): boolean {
		return this.#host !== undefined && this.#host.end === undefined;
	}

	end(): void {
		const host = this.#host;
		if (!host?.end) return;
		host.end();
		// At once, so that what is asked next is not asked of a process that ends.
		this.#lose(host, new Error("its process was ended"));
	}

	/**
	 * Rejects with `NotStarted` where the worker or ONNX Runtime could not be started.
	 * @param moved memory of the request's that is handed over to the worker
	 */
	async ask(request: Request, moved: ArrayBuffer[] = []): Promise<Result | undefined> {
		this.#host ??= this.#start();
		const host = this.#host;
		const id = this.#requests++;
		return new Promise((resolve, reject) => {
			// First, because it throws for what cannot be cloned, and then no answer must be waited for.
			host.post({ id, ...request }, moved);
			this.#waiting.set(id, { resolve, reject });
			host.ref();
		});
	}

	#start(): Host {
		let started = false;
		const onReply = ({ id, result, error, unstarted }: Reply) => {
			started = true;
			const waiting = this.#waiting.get(id);
			// Nobody waits for what a process says that was ended.
			if (!waiting) return;
			this.#waiting.delete(id);
			if (this.#waiting.size === 0) host.unref();
			if (error === undefined) waiting.resolve(result);
			else waiting.reject(unstarted ? new NotStarted(error) : new Error(error));
		};
		const onEnd = (cause: Error) => {
			this.#lose(host, started ? cause : new NotStarted(`its worker ended: ${cause.message}`, { cause }));
		};
		const host = this.#startHost({ onReply, onEnd });
		host.unref();
		return host;
	}

	/** All that a worker held is gone, and what was asked of it is not answered. */
	#lose(host: Host, cause: Error): void {
		if (this.#host !== host) return;
		this.#host = undefined;
		this.#lives++;
		const waiting = [...this.#waiting.values()];
		this.#waiting.clear();
		for (const { reject } of waiting) reject(cause);
	}
}
