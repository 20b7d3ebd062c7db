import { createRequire } from "node:module";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type * as ort from "onnxruntime-node";
import { Answers, answerInOrder, type CreateRequest } from "./answer.ts";
import { sessionOptions } from "./session-options.ts";
import type { Reply } from "./session-protocol.ts";

// ONNX Runtime blocks the thread it runs on, so it runs on this one, or in this process. A thread ends with its process: ending it
// earlier, during a run, would abort the process.

type Library = typeof ort;
let loaded: Library | undefined;

/** The main thread passes the library's path, because this code may have no file to resolve it from. */
function library(): Library {
	const path = (parentPort ? workerData : process.argv.at(-1)) as string;
	loaded ??= createRequire(path)(path) as Library;
	return loaded;
}

function create(request: CreateRequest): Promise<ort.InferenceSession> {
	const { model, weights, device, nothingElse = false } = request;
	checkBackend(device);
	const { extra, ...options } = sessionOptions(request);
	return library().InferenceSession.create(model, {
		...options,
		executionProviders: device === "cpu" || nothingElse ? [device] : [device, "cpu"],
		extra: {
			session: {
				...(extra?.session as object),
				...("folder" in weights && { model_external_initializers_file_folder_path: weights.folder }),
				// Threads that go on spinning after a run take the cores from the next session's: on two cores, a prompt encoded
				// after the adapter took 70 ms instead of 40.
				force_spinning_stop: "1",
			},
		},
	});
}

/** ONNX Runtime would pass over a backend that it was built without, and run on the CPU. */
function checkBackend(device: string): void {
	const here = library()
		.listSupportedBackends()
		.map(({ name }) => name);
	if (!here.includes(device)) throw new Error(`ONNX Runtime has only ${here.join(", ")} on this system`);
}

function send(reply: Reply, moved: ArrayBuffer[]): void {
	// A parent that is gone waits for nothing.
	if (!parentPort) return void process.send!(reply, () => {});
	parentPort.postMessage(reply, moved);
}

const answers = new Answers({ create, tensor: () => library().Tensor });
const take = answerInOrder(answers, send, () => loaded !== undefined);

const WATCH = `
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 1000);
`;

if (parentPort) parentPort.on("message", take);
else {
	process.on("message", take);
	process.on("disconnect", () => process.exit());
	// While ONNX Runtime runs nothing is heard here; a thread sees it when the parent is gone.
	new Worker(WATCH, { eval: true }).unref();
	// A terminal interrupts all of its processes, and a supervisor may: this one ends when its parent has no more use for it.
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
}
