import { Worker } from "node:worker_threads";
import { findOnnxRuntime, NotStarted } from "./onnx-runtime.ts";
import type { Reply, Request, Result } from "./session-protocol.ts";
import { WORKER } from "./worker-code.ts";

interface Waiting {
	resolve: (result: Result | undefined) => void;
	reject: (error: Error) => void;
}

/** The one worker thread of this process in which ONNX Runtime runs. It does not keep the process alive unless it is working. */
class Runtime {
	#worker: Worker | undefined;
	#path: string | undefined;
	#requests = 0;
	readonly #waiting = new Map<number, Waiting>();

	/** Where ONNX Runtime was found. */
	get path(): string | undefined {
		return this.#path;
	}

	/** Rejects with `NotStarted` where the thread or ONNX Runtime could not be started. */
	async ask(request: Request): Promise<Result | undefined> {
		this.#worker ??= this.#start();
		const worker = this.#worker;
		const id = this.#requests++;
		return new Promise((resolve, reject) => {
			// First, because it throws for what cannot be cloned, and then no answer must be waited for.
			worker.postMessage({ id, ...request });
			this.#waiting.set(id, { resolve, reject });
			worker.ref();
		});
	}

	#start(): Worker {
		this.#path ??= findOnnxRuntime();
		const options = { name: "drum", workerData: this.#path };
		const worker =
			"code" in WORKER ? new Worker(WORKER.code, { ...options, eval: true }) : new Worker(WORKER.file, options);
		worker.unref();
		let started = false;
		worker.on("message", ({ id, result, error, unstarted }: Reply) => {
			started = true;
			const waiting = this.#waiting.get(id)!;
			this.#waiting.delete(id);
			if (this.#waiting.size === 0) worker.unref();
			if (error === undefined) waiting.resolve(result);
			else waiting.reject(unstarted ? new NotStarted(error) : new Error(error));
		});
		worker.on("error", (error) => {
			this.#worker = undefined;
			const failure = started
				? (error as Error)
				: new NotStarted(`its thread ended: ${(error as Error).message}`, { cause: error });
			for (const { reject } of this.#waiting.values()) reject(failure);
			this.#waiting.clear();
		});
		return worker;
	}
}

export const runtime = new Runtime();
