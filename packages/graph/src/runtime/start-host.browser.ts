import type { Host, Listener } from "./host.ts";
import { runtimeFiles } from "./runtime-files.ts";
import type { Reply } from "./session-protocol.ts";
import type { WorkerKind } from "./worker-kind.ts";

/** What is used of a browser's worker. */
interface PageWorker {
	postMessage(message: object, moved?: ArrayBuffer[]): void;
	terminate(): void;
	onmessage: ((event: { data: Reply | Ended }) => void) | null;
	onerror: ((event: { message?: string; preventDefault(): void }) => void) | null;
}
declare const Worker: new (url: URL, options: { type: "module"; name: string }) => PageWorker;

/** What a worker says last, when WebAssembly failed in a way that leaves nothing usable. */
export interface Ended {
	ended: string;
}

/** The first message to a worker: where its `.wasm` file is, if not next to it. */
export interface Start {
	wasm: string | undefined;
}

/** The files that ONNX Runtime has for each build. */
const WASM = {
	wasm: "ort-wasm-simd-threaded.wasm",
	jspi: "ort-wasm-simd-threaded.jspi.wasm",
	webgpu: "ort-wasm-simd-threaded.asyncify.wasm",
} as const;

/** A worker of the page, which can be ended whatever it does. */
export function startHost({ onReply, onEnd }: Listener, { kind }: { kind: WorkerKind; apart: boolean }): Host {
	const build = kind as keyof typeof WASM;
	const worker = openWorker(build);
	const end = (cause: Error) => {
		worker.terminate();
		onEnd(cause);
	};
	worker.onmessage = ({ data }) => {
		if ("ended" in data) end(new Error(data.ended));
		else onReply(data);
	};
	worker.onerror = (event) => {
		event.preventDefault();
		end(new Error(event.message || "its script could not be loaded"));
	};
	const { wasm } = runtimeFiles;
	worker.postMessage({ wasm: wasm === undefined ? undefined : inFolder(wasm, WASM[build]) } satisfies Start);
	return {
		post: (message, moved) => worker.postMessage(message, moved),
		ref() {},
		unref() {},
		end: () => worker.terminate(),
	};
}

/** Bundlers look for each of these as it is written. To webpack workers of one name are one worker. */
function openWorker(build: keyof typeof WASM): PageWorker {
	const { workers } = runtimeFiles;
	if (workers !== undefined) {
		const url = new URL(inFolder(workers, `session-worker-${build}.js`));
		return new Worker(url, { type: "module", name: `drum-${build}` });
	}
	switch (build) {
		case "wasm":
			return new Worker(new URL("./session-worker-wasm.ts", import.meta.url), { type: "module", name: "drum-wasm" });
		case "jspi":
			return new Worker(new URL("./session-worker-jspi.ts", import.meta.url), { type: "module", name: "drum-jspi" });
		case "webgpu":
			return new Worker(new URL("./session-worker-webgpu.ts", import.meta.url), {
				type: "module",
				name: "drum-webgpu",
			});
	}
}

function inFolder(folder: string | URL, name: string): string {
	const { href } = (globalThis as unknown as { location: { href: string } }).location;
	return new URL(name, `${new URL(folder, href).href.replace(/\/$/, "")}/`).href;
}
