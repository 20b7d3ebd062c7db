import type { Reply } from "./session-protocol.ts";

/** Where ONNX Runtime runs: a thread, a process of its own, or a page's worker. */
export interface Host {
	/** @param moved memory that is not copied but handed over */
	post(message: object, moved: ArrayBuffer[]): void;
	/** Keeps this process alive, or no longer. */
	ref(): void;
	unref(): void;
	/** Ends it at once, whatever it does, where that can be. */
	end?(): void;
}

export interface Listener {
	onReply(reply: Reply): void;
	/** It is gone, and all that it held. */
	onEnd(cause: Error): void;
}

/** ONNX Runtime, or the worker that runs it, could not be started: nothing of the model was looked at. */
export class NotStarted extends Error {}
