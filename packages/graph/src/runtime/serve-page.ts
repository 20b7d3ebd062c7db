import type * as ort from "onnxruntime-common";
import { Answers, answerInOrder, type CreateRequest } from "./answer.ts";
import { sessionOptions } from "./session-options.ts";
import type { Reply, Request } from "./session-protocol.ts";
import type { Ended, Start } from "./start-host.browser.ts";

/** A build of onnxruntime-web. */
type Library = Pick<typeof ort, "env" | "InferenceSession" | "Tensor">;

interface Scope {
	name: string;
	onmessage: (event: { data: Start | (Request & { id: number }) }) => void;
	postMessage(reply: Reply | Ended, moved?: ArrayBuffer[]): void;
}

/** Serves a page with ONNX Runtime, in a worker of its own. */
export function serve({ env, InferenceSession, Tensor }: Library): void {
	const scope = globalThis as unknown as Scope;
	// ONNX Runtime's threads are workers of the same script, which are none of ours.
	if (scope.name.startsWith("em-pthread")) return;
	let started = false;

	async function create(request: CreateRequest): Promise<ort.InferenceSession> {
		const { model, weights, device, threads } = request;
		if (!started) {
			env.wasm.numThreads = threads;
			env.logLevel = "error";
		}
		if (device === "webgpu" && !(await hasWebGpu())) {
			started = true;
			throw new Error("no WebGPU adapter in this browser on this machine");
		}
		const session = await InferenceSession.create(model, {
			...sessionOptions(request),
			// Of several, a missing one would be skipped. What WebGPU has no kernel for runs by WebAssembly in any case.
			executionProviders: [device === "webgpu" ? device : "wasm"],
			...("external" in weights && { externalData: weights.external }),
		});
		started = true;
		return session;
	}

	const send = (reply: Reply, moved: ArrayBuffer[], cause: unknown) => {
		scope.postMessage(reply, moved);
		// WebAssembly that failed is of no more use: it may have stopped anywhere.
		if (cause instanceof Error && cause.name === "RuntimeError") scope.postMessage({ ended: cause.message });
	};
	const take = answerInOrder(new Answers({ create, tensor: () => Tensor }), send, () => started);
	scope.onmessage = ({ data }) => {
		if ("call" in data) take(data);
		else if (data.wasm !== undefined) env.wasm.wasmPaths = { wasm: data.wasm };
	};
}

async function hasWebGpu(): Promise<boolean> {
	const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
	return (await gpu?.requestAdapter()) != null;
}
