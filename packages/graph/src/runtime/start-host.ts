import { fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Host, Listener } from "./host.ts";
import { findOnnxRuntime } from "./onnx-runtime.ts";
import type { Reply } from "./session-protocol.ts";
import { WORKER } from "./worker-code.ts";
import type { WorkerKind } from "./worker-kind.ts";

/** Starts a thread, or a separate process if `apart`. @throws NotStarted where there is no ONNX Runtime */
export function startHost(listener: Listener, { apart }: { kind: WorkerKind; apart: boolean }): Host {
	return (apart ? startProcess : startThread)(findOnnxRuntime(), listener);
}

/** @param path of the module of ONNX Runtime */
function startThread(path: string, { onReply, onEnd }: Listener): Host {
	const options = { name: "drum", workerData: path };
	// `node --input-type=module -e` passes this flag on, and the worker would apply it to its own code.
	const execArgv = process.execArgv.filter((arg) => !arg.startsWith("--input-type"));
	const worker =
		"code" in WORKER ? new Worker(WORKER.code, { ...options, execArgv, eval: true }) : new Worker(WORKER.file, options);
	worker.on("message", onReply);
	worker.on("error", (error) => onEnd(error as Error));
	return {
		post: (message, moved) => worker.postMessage(message, moved),
		ref: () => worker.ref(),
		unref: () => worker.unref(),
	};
}

/** @param path of the module of ONNX Runtime */
function startProcess(path: string, { onReply, onEnd }: Listener): Host {
	const options = { serialization: "advanced", execArgv: [], stdio: ["ignore", "inherit", "inherit", "ipc"] } as const;
	const child =
		"code" in WORKER
			? spawn(process.execPath, ["-e", WORKER.code, path], { ...options, stdio: [...options.stdio] })
			: fork(fileURLToPath(WORKER.file), [path], { ...options, execArgv: [], stdio: [...options.stdio] });
	let ended = false;
	const end = (cause: Error) => {
		if (!ended) onEnd(cause);
		ended = true;
	};
	child.on("message", (reply) => onReply(reply as Reply));
	child.on("error", end);
	child.on("exit", (code, signal) => end(new Error(`its process ended (${signal ?? code})`)));
	return {
		post: (message) => void child.send(message),
		ref() {
			child.ref();
			child.channel?.ref();
		},
		unref() {
			child.unref();
			child.channel?.unref();
		},
		end: () => void child.kill("SIGKILL"),
	};
}
