import type { Model, Problem } from "@drum/demo/api";
import { Failure, failureOfProblem } from "@drum/demo/page/failure";
import type { Asked, News, Order, Told } from "./messages.ts";

/** An order that was cancelled. */
export class Cancelled extends Error {}

/** What draws: the models that it has, and one order after another. */
export interface Drawing {
	models(): Promise<Model[]>;
	/** @throws Failure; Cancelled after `cancel` */
	draw(order: Order, hear: (news: News) => void): Promise<void>;
	cancel(jobId: string): void;
}

interface Going {
	hear(news: News): void;
	resolve(): void;
	reject(error: Error): void;
}

/** The page's side of the thread that draws. */
export class DrawingThread implements Drawing {
	readonly #worker: Worker;
	readonly #models = Promise.withResolvers<Model[]>();
	readonly #going = new Map<string, Going>();

	constructor(worker: Worker) {
		this.#worker = worker;
		worker.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data);
		worker.onerror = (event) => this.#lose(event.message || "The thread that draws did not start.");
		worker.onmessageerror = () => this.#lose("The thread that draws sent what cannot be read.");
		this.#models.promise.catch(() => {});
		this.#ask({ models: true });
	}

	models = () => this.#models.promise;

	draw(order: Order, hear: (news: News) => void): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#going.set(order.jobId, { hear, resolve, reject });
			this.#ask({ draw: order });
		});
	}

	cancel(jobId: string): void {
		this.#ask({ cancel: jobId });
	}

	#ask(asked: Asked): void {
		this.#worker.postMessage(asked);
	}

	#hear(told: Told): void {
		if ("models" in told) this.#models.resolve(told.models);
		else if ("failed" in told) this.#fail(told.failed);
		else if ("news" in told) this.#going.get(told.jobId)?.hear(told.news);
		else {
			const going = this.#going.get(told.jobId);
			this.#going.delete(told.jobId);
			if (told.cancelled) going?.reject(new Cancelled());
			else if (told.problem) going?.reject(failureOfProblem(told.problem));
			else going?.resolve();
		}
	}

	#fail(problem: Problem): void {
		this.#models.reject(failureOfProblem(problem));
	}

	/** The browser ends a thread that takes too much memory, among others. */
	#lose(detail: string): void {
		const failure = new Failure("The part of the page that draws has stopped", 0, `${detail} Load the page again.`);
		this.#models.reject(failure);
		for (const { reject } of this.#going.values()) reject(failure);
		this.#going.clear();
	}
}
