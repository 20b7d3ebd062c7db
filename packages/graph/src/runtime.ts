import { DeviceError } from "@drum/tensor";
import { findOnnxRuntime, NotStarted } from "./onnx-runtime.ts";
import { type Host, startProcess, startThread } from "./runtime-host.ts";
import type { Reply, Request, Result } from "./session-protocol.ts";

interface Waiting {
	resolve: (result: Result | undefined) => void;
	reject: (error: Error) => void;
}

/**
 * The one worker of this process in which ONNX Runtime runs: a thread, unless it is set apart. It does not keep the process alive unless
 * it is working.
 */
class Runtime {
	#host: Host | undefined;
	#apart = false;
	#path: string | undefined;
	#requests = 0;
	#lives = 0;
	readonly #waiting = new Map<number, Waiting>();

	/** Where ONNX Runtime was found. */
	get path(): string | undefined {
		return this.#path;
	}

	/** Which worker it is: what one held, the next does not have. */
	get life(): number {
		return this.#lives;
	}

	setApart(): void {
		if (this.#apart) return;
		if (this.#host) {
			throw new DeviceError({
				what: "setRuntimeApart",
				expected: "a call before the first model is loaded",
				found: "ONNX Runtime at work in this process",
			});
		}
		this.#apart = true;
	}

	end(): void {
		const host = this.#host;
		if (!host?.end) return;
		host.end();
		// At once, so that what is asked next is not asked of a process that ends.
		this.#lose(host, new Error("its process was ended"));
	}

	/** Rejects with `NotStarted` where the worker or ONNX Runtime could not be started. */
	async ask(request: Request): Promise<Result | undefined> {
		this.#host ??= this.#start();
		const host = this.#host;
		const id = this.#requests++;
		return new Promise((resolve, reject) => {
			// First, because it throws for what cannot be cloned, and then no answer must be waited for.
			host.post({ id, ...request });
			this.#waiting.set(id, { resolve, reject });
			host.ref();
		});
	}

	#start(): Host {
		this.#path ??= findOnnxRuntime();
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
		const host = (this.#apart ? startProcess : startThread)(this.#path, { onReply, onEnd });
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

export const runtime = new Runtime();

let sessions = 0;

/** A number that no session of this process has. */
export function newSession(): number {
	return sessions++;
}

/**
 * Lets ONNX Runtime run in a process of its own, which `endRuntime` can end in the middle of a run, and whose end, whatever the cause, is
 * not this process's. Results take about a millisecond a megabyte longer to come back.
 * @throws DeviceError once a model was loaded in this process.
 */
export function setRuntimeApart(): void {
	runtime.setApart();
}

/**
 * Ends ONNX Runtime's process, if it is set apart: what runs there is a DeviceError for its caller, and models are loaded again when they
 * are next used.
 */
export function endRuntime(): void {
	runtime.end();
}
