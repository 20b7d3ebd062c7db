import type { DataType, Tensor } from "@drum/tensor";
import type * as ort from "onnxruntime-common";
import type { Kept, Reply, Request, Result } from "./session-protocol.ts";

export type CreateRequest = Request & { call: "create" };
type RunRequest = Request & { call: "run" };

/** What a worker has of ONNX Runtime. */
export interface Backend {
	/** Builds differ in where weights come from and what they run on. */
	create(request: CreateRequest): Promise<ort.InferenceSession>;
	/** ONNX Runtime's class. */
	tensor(): typeof ort.Tensor;
}

/** Holds sessions and tensors, and answers requests about them. */
export class Answers {
	readonly #backend: Backend;
	readonly #sessions = new Map<number, ort.InferenceSession>();
	readonly #kept = new Map<number, ort.Tensor>();

	constructor(backend: Backend) {
		this.#backend = backend;
	}

	async answer(request: Request): Promise<Result | undefined> {
		switch (request.call) {
			case "create":
				this.#sessions.set(request.session, await this.#backend.create(request));
				return;
			case "run":
				return this.#run(request);
			case "release":
				await this.#sessions.get(request.session)?.release();
				this.#sessions.delete(request.session);
				return;
			case "read":
				return { outputs: { kept: copy(this.#find(request)) }, kept: {} };
			case "forget":
				this.#kept.get(request.kept)?.dispose();
				this.#kept.delete(request.kept);
				return;
		}
	}

	async #run({ session, feeds, keep }: RunRequest): Promise<Result> {
		const Tensor = this.#backend.tensor();
		const inputs = Object.fromEntries(
			Object.entries(feeds).map(([name, feed]) => {
				if ("kept" in feed) return [name, this.#find(feed)];
				return [name, new Tensor(feed.type as ort.Tensor.Type, feed.data as ort.Tensor["data"], feed.dims)];
			}),
		);
		const results = await this.#sessions.get(session)!.run(inputs);
		const result: Result = { outputs: {}, kept: {} };
		for (const [name, tensor] of Object.entries(results)) {
			const number = keep[name];
			if (number === undefined) {
				result.outputs[name] = copy(tensor);
				tensor.dispose();
			} else {
				this.#kept.set(number, tensor);
				result.kept[name] = tensor.dims;
			}
		}
		return result;
	}

	#find({ kept }: Kept): ort.Tensor {
		const tensor = this.#kept.get(kept);
		if (!tensor) throw new Error("a kept tensor was used after its release");
		return tensor;
	}
}

/** Memory that ONNX Runtime owns cannot be handed to another thread. */
function copy({ type, dims, data }: ort.Tensor): Tensor {
	return { type: type as DataType, dims, data: data.slice() } as Tensor;
}

/**
 * Answers requests one after another, as they come.
 * @param send gives the reply, memory that may be handed over with it, and the error that it tells of
 * @param isStarted whether ONNX Runtime was loaded
 */
export function answerInOrder(
	answers: Answers,
	send: (reply: Reply, moved: ArrayBuffer[], cause: unknown) => void,
	isStarted: () => boolean,
): (request: Request & { id: number }) => void {
	let queue = Promise.resolve();
	return ({ id, ...request }) => {
		queue = queue.then(async () => {
			const reply: Reply = { id };
			let cause: unknown;
			try {
				const result = await answers.answer(request as Request);
				if (result) reply.result = result;
			} catch (error) {
				cause = error;
				reply.error = error instanceof Error ? error.message : String(error);
				reply.unstarted = !isStarted();
			}
			const moved = Object.values(reply.result?.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
			send(reply, moved, cause);
		});
	};
}
