import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join, normalize } from "node:path";

const ORT = dirname(
	createRequire(join(import.meta.dirname, "../../packages/graph/package.json")).resolve("onnxruntime-web"),
);
const TYPES: Readonly<Record<string, string>> = {
	".js": "text/javascript",
	".mjs": "text/javascript",
	".wasm": "application/wasm",
	".html": "text/html",
	".json": "application/json",
};
const PAGE =
	'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="page.js"></script>';
/** With these a page may share memory between threads. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

export interface Server extends AsyncDisposable {
	/** Under `isolated/` all is served with the headers that threads need, under `plain/` without. */
	readonly url: string;
	/** Names of the page's own files that were asked for. */
	readonly asked: ReadonlySet<string>;
}

/**
 * Serves a bundled page as a static host does, with byte ranges: the page itself, ONNX Runtime's files as `ort/…`, folders of this
 * machine by the names given.
 */
export async function serve(
	page: ReadonlyMap<string, Uint8Array>,
	folders: Readonly<Record<string, string>>,
): Promise<Server> {
	const all: Readonly<Record<string, string>> = { ort: ORT, ...folders };
	const asked = new Set<string>();
	const server = createServer(async (request, response) => {
		const [, kind, ...steps] = normalize(decodeURIComponent(new URL(request.url!, "http://host").pathname)).split("/");
		const name = steps.join("/");
		if (page.has(name)) asked.add(name);
		const folder = all[steps[0]!];
		const bytes =
			name === ""
				? Buffer.from(PAGE)
				: (page.get(name) ?? (folder && (await readFile(join(folder, ...steps.slice(1))).catch(() => undefined))));
		if (!bytes) return response.writeHead(404).end();
		const headers = {
			...(kind === "isolated" && ISOLATED),
			"content-type": name === "" ? "text/html" : (TYPES[extname(name)] ?? "application/octet-stream"),
			"accept-ranges": "bytes",
		};
		const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
		if (!range) return response.writeHead(200, { ...headers, "content-length": bytes.length }).end(bytes);
		const [from, to] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
		const part = bytes.subarray(from, to + 1);
		const more = { "content-range": `bytes ${from}-${to}/${bytes.length}`, "content-length": part.length };
		response.writeHead(206, { ...headers, ...more }).end(part);
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	return {
		asked,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		},
	};
}
