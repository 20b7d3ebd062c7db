import type { Model } from "@drum/demo/api";
import { Failure, failureOfProblem } from "@drum/demo/page/failure";
import type { ModelExtent } from "../larger/extent.ts";
import type { TriedGpu } from "../larger/try-gpu.ts";
import type { Asked, Calls, Fetching, News, Order, Told } from "./messages.ts";

/** An order or a download that was cancelled. */
export class Cancelled extends Error {}

/** What draws: the models that are here, and one order after another. */
export interface Drawing {
	models(): Promise<Model[]>;
	/** @throws Failure; Cancelled after `cancel` */
	draw(order: Order, hear: (news: News) => void): Promise<void>;
	cancel(jobId: string): void;
}

/** What fetches larger models. All calls throw a Failure. */
export interface Fetcher {
	tryGpu(): Promise<TriedGpu>;
	/** What a model takes, as the hub lists it; without one, as it was listed last. */
	extent(id: string, hub?: string): Promise<ModelExtent>;
	/** @throws Cancelled once the signal fires; what has come is kept */
	bring(id: string, hub: string, signal: AbortSignal, hear: (news: Fetching) => void): Promise<void>;
	remove(id: string): Promise<void>;
}

interface Going {
	hear(news: News | Fetching): void;
	resolve(answer: unknown): void;
	reject(error: Error): void;
}

/** The page's side of the thread that draws. */
export class DrawingThread implements Drawing, Fetcher {
	readonly #worker: Worker;
	/** Orders by their jobs, and calls. */
	readonly #going = new Map<string, Going>();
	#calls = 0;
	#lost: Failure | undefined;

	constructor(worker: Worker) {
		this.#worker = worker;
		worker.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
		worker.onerror = (event) => this.#lose(event.message || "The thread that draws did not start.");
		worker.onmessageerror = () => this.#lose("The thread that draws sent what cannot be read.");
	}

	models = () => this.#call("models", []);
	tryGpu = () => this.#call("tryGpu", []);
	extent = (id: string, hub?: string) => this.#call("extent", [id, hub]);
	remove = (id: string) => this.#call("remove", [id]);

	bring(id: string, hub: string, signal: AbortSignal, hear: (news: Fetching) => void): Promise<void> {
		return this.#call("bring", [id, hub], { signal, hear: hear as Going["hear"] });
	}

	draw(order: Order, hear: (news: News) => void): Promise<void> {
		return this.#ask(order.jobId, { draw: order }, hear as Going["hear"]) as Promise<void>;
	}

	cancel(id: string): void {
		this.#worker.postMessage({ cancel: id } satisfies Asked);
	}

	async #call<Name extends keyof Calls>(
		name: Name,
		given: Parameters<Calls[Name]>,
		{ signal, hear = () => {} }: { signal?: AbortSignal; hear?: Going["hear"] } = {},
	): Promise<ReturnType<Calls[Name]>> {
		const id = `call ${this.#calls++}`;
		const answer = this.#ask(id, { call: { name, given }, id } as Asked, hear);
		const cancel = () => this.cancel(id);
		signal?.addEventListener("abort", cancel);
		try {
			return (await answer) as ReturnType<Calls[Name]>;
		} finally {
			signal?.removeEventListener("abort", cancel);
		}
	}

	#ask(id: string, asked: Asked, hear: Going["hear"]): Promise<unknown> {
		if (this.#lost) return Promise.reject(this.#lost);
		return new Promise((resolve, reject) => {
			this.#going.set(id, { hear, resolve, reject });
			this.#worker.postMessage(asked);
		});
	}

	#hear(told: Told): void {
		const going = this.#going.get(told.id);
		if ("news" in told) {
			going?.hear(told.news);
			return;
		}
		this.#going.delete(told.id);
		if (told.cancelled) going?.reject(new Cancelled());
		else if (told.problem) going?.reject(failureOfProblem(told.problem));
		else going?.resolve(told.answer);
	}

	/** The browser ends a thread that takes too much memory, among others. */
	#lose(detail: string): void {
		this.#lost = new Failure("The part of the page that draws has stopped", 0, `${detail} Load the page again.`);
		for (const { reject } of this.#going.values()) reject(this.#lost);
		this.#going.clear();
	}
}
