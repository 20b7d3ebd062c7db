import { createRequire } from "node:module";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { DataType, Tensor } from "@drum/tensor";
import type * as ort from "onnxruntime-node";
import type { Kept, Reply, Request, Result } from "./session-protocol.ts";

// ONNX Runtime blocks the thread it runs on, so it runs on this one, or in this process. A thread ends with its process: ending it
// earlier, during a run, would abort the process.

type Library = typeof ort;
let loaded: Library | undefined;

/** Where it lies the main thread has found out: this code has no place of its own. */
function library(): Library {
	const path = (parentPort ? workerData : process.argv.at(-1)) as string;
	loaded ??= createRequire(path)(path) as Library;
	return loaded;
}

const sessions = new Map<number, ort.InferenceSession>();
const kept = new Map<number, ort.Tensor>();

async function answer(request: Request): Promise<Result | undefined> {
	switch (request.call) {
		case "create":
			sessions.set(request.session, await create(request));
			return;
		case "run":
			return run(request);
		case "release":
			await sessions.get(request.session)?.release();
			sessions.delete(request.session);
			return;
		case "read":
			return { outputs: { kept: copy(find(request)) }, kept: {} };
		case "forget":
			kept.get(request.kept)?.dispose();
			kept.delete(request.kept);
			return;
	}
}

function create({
	model,
	folder,
	optimize,
	device,
	threads,
	nothingElse = false,
}: Request & { call: "create" }): Promise<ort.InferenceSession> {
	checkBackend(device);
	return library().InferenceSession.create(model, {
		executionProviders: device === "cpu" || nothingElse ? [device] : [device, "cpu"],
		// On the CPU the graph is good as it stands: optimizing it costs tens of seconds and wins little. Folding what is made
		// of weights alone is the exception.
		graphOptimizationLevel: device !== "cpu" ? "all" : optimize ? "basic" : "disabled",
		intraOpNumThreads: threads,
		interOpNumThreads: 1,
		// Planning memory ahead keeps a second set of buffers beside the first run's: 1.2 GB more for a picture of 512 × 512,
		// and no time won.
		enableMemPattern: false,
		// A trial's failure is a finding.
		logSeverityLevel: nothingElse ? 4 : 3,
		extra: {
			session: {
				model_external_initializers_file_folder_path: folder,
				// Threads that go on spinning after a run take the cores from the next session's: on two cores, a prompt encoded
				// after the adapter took 70 ms instead of 40.
				force_spinning_stop: "1",
				...(nothingElse && { disable_cpu_ep_fallback: "1" }),
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

async function run({ session, feeds, keep }: Request & { call: "run" }): Promise<Result> {
	const inputs = Object.fromEntries(
		Object.entries(feeds).map(([name, feed]) => [name, "kept" in feed ? find(feed) : toOrt(feed)]),
	);
	const results = await sessions.get(session)!.run(inputs);
	const result: Result = { outputs: {}, kept: {} };
	for (const [name, tensor] of Object.entries(results)) {
		const number = keep[name];
		if (number === undefined) {
			result.outputs[name] = copy(tensor);
			tensor.dispose();
		} else {
			kept.set(number, tensor);
			result.kept[name] = tensor.dims;
		}
	}
	return result;
}

/** Memory that ONNX Runtime owns cannot be handed to another thread. */
function copy({ type, dims, data }: ort.Tensor): Tensor {
	return { type: type as DataType, dims, data: data.slice() } as Tensor;
}

function find({ kept: number }: Kept): ort.Tensor {
	const tensor = kept.get(number);
	if (!tensor) throw new Error("a kept tensor was used after its release");
	return tensor;
}

function toOrt({ type, data, dims }: Tensor): ort.Tensor {
	const { Tensor } = library();
	return new Tensor(type as ort.Tensor.Type, data as ort.Tensor["data"], dims);
}

let queue = Promise.resolve();
function take({ id, ...request }: Request & { id: number }): void {
	queue = queue.then(async () => {
		const reply: Reply = { id };
		try {
			const result = await answer(request as Request);
			if (result) reply.result = result;
		} catch (error) {
			reply.error = error instanceof Error ? error.message : String(error);
			reply.unstarted = loaded === undefined;
		}
		send(reply);
	});
}

function send(reply: Reply): void {
	// A parent that is gone waits for nothing.
	if (!parentPort) return void process.send!(reply, () => {});
	const buffers = Object.values(reply.result?.outputs ?? {}).map(({ data }) => data.buffer as ArrayBuffer);
	parentPort.postMessage(reply, buffers);
}

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
