import { Worker } from "node:worker_threads";
import type { Entry } from "../api/index.ts";
import { type Anatomy, askedOf, type Viewed, viewFrom } from "./anatomy.ts";

const SCRIPT = new URL(import.meta.url.endsWith(".ts") ? "./view-thread.ts" : "./view-thread.js", import.meta.url);

/** What is shown of a profile, whose entries are given in its order. */
export async function viewOf(profile: Viewed, entries: readonly Entry[], signal: AbortSignal) {
	return viewFrom(await anatomy(profile, signal), entries);
}

/** A thread that has no work: to start one takes longer than most views do. */
let idle: Worker | undefined;

/** In a thread of its own: of 10,000 prompts it takes seconds. */
async function anatomy(profile: Viewed, signal: AbortSignal): Promise<Anatomy> {
	signal.throwIfAborted();
	const worker = idle ?? new Worker(SCRIPT, { name: "view" });
	idle = undefined;
	worker.ref();
	const { promise, resolve, reject } = Promise.withResolvers<Anatomy>();
	const stop = () => reject(signal.reason);
	const exit = () => reject(new Error("the thread that works out a profile's view ended"));
	signal.addEventListener("abort", stop);
	worker.on("message", resolve).on("error", reject).on("exit", exit);
	worker.postMessage(askedOf(profile));
	try {
		const answer = await promise;
		if (!idle) {
			idle = worker;
			worker.unref();
		}
		return answer;
	} finally {
		signal.removeEventListener("abort", stop);
		worker.off("message", resolve).off("error", reject).off("exit", exit);
		if (worker !== idle) await worker.terminate();
	}
}
