import { Worker } from "node:worker_threads";
import type { Reply, Request, Result } from "./session-protocol.ts";

// The compiled package has the worker beside it as JavaScript, the sources as TypeScript.
const SCRIPT = new URL(
	import.meta.url.endsWith(".ts") ? "./session-worker.ts" : "./session-worker.js",
	import.meta.url,
);

interface Waiting {
	resolve: (result: Result | undefined) => void;
	reject: (error: Error) => void;
}

/** The one worker thread of this process in which ONNX Runtime runs. It does not keep the process alive unless it is working. */
class Runtime {
	#worker: Worker | undefined;
	#requests = 0;
	readonly #waiting = new Map<number, Waiting>();

	ask(request: Request): Promise<Result | undefined> {
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
		const worker = new Worker(SCRIPT, { name: "drum" });
		worker.unref();
		worker.on("message", ({ id, result, error }: Reply) => {
			const waiting = this.#waiting.get(id)!;
			this.#waiting.delete(id);
			if (this.#waiting.size === 0) worker.unref();
			if (error === undefined) waiting.resolve(result);
			else waiting.reject(new Error(error));
		});
		worker.on("error", (error) => {
			this.#worker = undefined;
			for (const { reject } of this.#waiting.values()) reject(error as Error);
			this.#waiting.clear();
		});
		return worker;
	}
}

export const runtime = new Runtime();
