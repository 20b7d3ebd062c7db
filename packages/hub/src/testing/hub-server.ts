import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chunkStore } from "./chunk-store.ts";
import { allow, type CorsKind } from "./cors.ts";

export interface HubServerOptions {
	/** The one repository; default `owner/model`. */
	name?: string;
	/** Its files. Those that end in `.safetensors` or `.bin` are large files, which a second port serves. */
	files: Readonly<Record<string, string | Uint8Array>>;
	/** Its one commit, which `main` means; default forty times `a`. */
	commit?: string;
	/** Only this access token may read the content. */
	gatedFor?: string;
	/** Every access token is one that has expired, which the hub refuses for public repositories too. */
	refusesTokens?: true;
	/** Large files are offered in chunks too. */
	xet?: boolean;
	/** What the list says in place of the truth, per path. */
	listed?: Readonly<Record<string, Partial<{ path: string; size: number; oid: string }>>>;
	/** Entries of one page of the list; default 2. */
	pageSize?: number;
	/** More repositories of the same commit, by name; their paths are others. */
	others?: Readonly<Record<string, HubServerOptions["files"]>>;
	/** Which of its answers a page of another origin may see; default none. */
	cors?: CorsKind;
}

/** What goes wrong with an answer: used once, on the first request whose path matches. */
export interface Fault {
	on: RegExp;
	/** In place of the answer. */
	status?: number;
	/** Beside `status`: headers, and what the error says in place of "out of order". */
	headers?: Readonly<Record<string, string>>;
	error?: string;
	/** Takes the request and never answers. */
	hang?: true;
	/** Answers in its own way. */
	answer?: RequestListener;
	/** So many requests in place of one. */
	times?: number;
	/** Bytes of the body after which the connection breaks. */
	dropAfter?: number;
	/** Milliseconds from there on until it breaks; what a browser has not read by then is lost. Default 0. */
	dropDelay?: number;
	/** Bytes of the body after which nothing more comes. */
	stallAfter?: number;
	/** Answers 200 with everything. */
	ignoreRange?: true;
	/** Flips the body's first byte. */
	corrupt?: true;
	/** Sends this in place of the body. */
	body?: Uint8Array;
}

/** One request, as the server saw it. */
export interface Seen {
	at: "hub" | "cdn";
	path: string;
	range: string | undefined;
	authorization: string | undefined;
	/** Bytes of the file's content that were sent. */
	sent: number;
}

export interface HubServer extends AsyncDisposable {
	readonly url: string;
	readonly commit: string;
	readonly seen: readonly Seen[];
	/** Bytes of content sent for paths that match. */
	sent(path: RegExp): number;
	fail(...faults: Fault[]): void;
	close(): Promise<void>;
}

/** A hub on this machine: the requests that @huggingface/hub makes, and faults on demand. */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
	const { name = "owner/model", commit = "a".repeat(40), gatedFor, listed = {}, pageSize = 2, cors } = options;
	const repositories = new Map(
		Object.entries({ [name]: options.files, ...options.others }).map(([name, files]) => [name, contentsOf(files)]),
	);
	const all = new Map([...repositories.values()].flatMap((files) => [...files]));
	const seen: Seen[] = [];
	const faults: Fault[] = [];

	const takeFault = (path: string): Fault | undefined => {
		const index = faults.findIndex(({ on }) => on.test(path));
		const fault = faults[index];
		if (fault === undefined) return undefined;
		const { times = 1 } = fault;
		if (times > 1) faults[index] = { ...fault, times: times - 1 };
		else faults.splice(index, 1);
		return fault;
	};
	const see = (at: Seen["at"], { url, headers }: IncomingMessage): Seen => {
		const path = decodeURIComponent(new URL(url!, "http://host").pathname);
		const entry = { at, path, range: headers.range, authorization: headers.authorization, sent: 0 };
		seen.push(entry);
		return entry;
	};
	const refuse = (response: ServerResponse, status: number, error: string, headers: Fault["headers"] = {}) =>
		response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify({ error }));
	/** Whether the fault was all of the answer. */
	const goesWrong = (request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): boolean => {
		const { status, error = "out of order", headers, hang, answer } = fault ?? {};
		if (answer) answer(request, response);
		if (status !== undefined) refuse(response, status, error, headers);
		return answer !== undefined || status !== undefined || hang !== undefined;
	};

	const cdn = await listen((request, response) => {
		if (!allow("store", cors, request, response)) return;
		const entry = see("cdn", request);
		const fault = takeFault(entry.path);
		if (goesWrong(request, response, fault)) return;
		const chunks = store.answer(entry.path, request.headers.range);
		if (chunks !== undefined) return response.writeHead(200, { "content-type": "application/json" }).end(chunks);
		const content = store.xorb(entry.path) ?? all.get(entry.path.replace("/content/", ""))!;
		sendContent(response, content, entry, fault);
	});
	const store = chunkStore(cdn.url, all);

	const hub = await listen((request, response) => {
		if (!allow("hub", cors, request, response)) return;
		const entry = see("hub", request);
		const fault = takeFault(entry.path);
		if (goesWrong(request, response, fault)) return;
		if (options.refusesTokens && entry.authorization !== undefined) {
			return refuse(response, 401, "Invalid credentials in Authorization header");
		}
		const [, revision, rest] = /\/(?:revision|tree|resolve|xet-read-token)\/([^/]+)\/?(.*)$/.exec(entry.path) ?? [];
		const moved = /^\/api\/resolve-cache\/(.+)$/.exec(entry.path)?.[1];
		if (moved !== undefined) return sendContent(response, all.get(moved)!, entry, fault);
		const known = [...repositories].find(
			([name]) => entry.path.startsWith(`/api/models/${name}`) || entry.path.startsWith(`/${name}/`),
		);
		if (!known) return refuse(response, 404, "Repository not found");
		const [name, files] = known;
		if (revision !== undefined && revision !== "main" && revision !== commit) {
			return refuse(response, 404, `Invalid rev id: ${revision}`);
		}
		if (entry.path.startsWith("/api/")) {
			response.setHeader("content-type", "application/json");
			if (entry.path.includes("/tree/")) return sendTree(files, request, response);
			if (entry.path.includes("/xet-read-token/")) return response.end(store.token());
			return response.end(JSON.stringify({ _id: "1", id: name, sha: commit, lastModified: "2025-01-01T00:00:00Z" }));
		}
		const content = files.get(rest!);
		if (content === undefined)
			return refuse(response.setHeader("x-error-code", "EntryNotFound"), 404, "Entry not found");
		if (gatedFor !== undefined && entry.authorization !== `Bearer ${gatedFor}`) {
			return refuse(response.setHeader("x-error-code", "GatedRepo"), 401, `Access to model ${name} is restricted.`);
		}
		response.setHeader("x-repo-commit", commit);
		if (!isLarge(rest!)) {
			response.setHeader("etag", `"${gitHash(content)}"`);
			if (!cors) return sendContent(response, content, entry, fault);
			return response.writeHead(307, { location: `/api/resolve-cache/${encodeURI(rest!)}` }).end();
		}
		response.setHeader("x-linked-etag", `"${sha256(content)}"`).setHeader("x-linked-size", content.length);
		if (fault?.body) return sendContent(response, content, entry, fault);
		if (options.xet && request.headers.accept?.includes("xet-fileinfo")) {
			return response
				.writeHead(200, store.headers(rest!, `${hub.url}/api/models/${name}/xet-read-token/${commit}`))
				.end("{}");
		}
		response.writeHead(302, { location: `${cdn.url}/content/${encodeURI(rest!)}` }).end();
	});

	function sendTree(files: ReadonlyMap<string, Buffer>, request: IncomingMessage, response: ServerResponse): void {
		const cursor = Number(new URL(request.url!, hub.url).searchParams.get("cursor") ?? 0);
		const page = [...files].slice(cursor, cursor + pageSize).map(([path, content]) => ({
			type: "file",
			path,
			size: content.length,
			oid: gitHash(content),
			...(isLarge(path) && { lfs: { oid: sha256(content), size: content.length, pointerSize: 134 } }),
			...(isLarge(path) && options.xet && { xetHash: sha256(content) }),
			...listed[path],
		}));
		const next = new URL(request.url!, hub.url);
		next.searchParams.set("cursor", String(cursor + pageSize));
		if (cursor + pageSize < files.size) response.setHeader("link", `<${next}>; rel="next"`);
		const folders = cursor === 0 ? [{ type: "directory", path: "unet", size: 0, oid: "0".repeat(40) }] : [];
		response.end(JSON.stringify([...folders, ...page]));
	}

	const close = async () => {
		await Promise.all([hub.close(), cdn.close()]);
	};
	return {
		url: hub.url,
		commit,
		seen,
		sent: (path) => seen.filter((entry) => path.test(entry.path)).reduce((sum, entry) => sum + entry.sent, 0),
		fail: (...more) => void faults.push(...more),
		close,
		[Symbol.asyncDispose]: close,
	};
}

async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const close = () =>
		new Promise<void>((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function sendContent(response: ServerResponse, content: Buffer, entry: Seen, fault: Fault = { on: /./ }): void {
	const [, from, to] = (!fault.ignoreRange && /^bytes=(\d+)-(\d*)$/.exec(entry.range ?? "")) || [];
	let body = fault.body ?? content.subarray(Number(from ?? 0), to ? Number(to) + 1 : undefined);
	if (fault.corrupt) body = Buffer.concat([Buffer.from([body[0]! ^ 1]), body.subarray(1)]);
	const range =
		from === undefined ? {} : { "content-range": `bytes ${from}-${to || content.length - 1}/${content.length}` };
	response.writeHead(from === undefined ? 200 : 206, { ...range, "content-length": body.length });
	const end = fault.dropAfter ?? fault.stallAfter;
	entry.sent = Math.min(body.length, end ?? body.length);
	if (end === undefined) response.end(body);
	else
		response.write(body.subarray(0, end), () => {
			if (fault.dropAfter === undefined) return;
			if (fault.dropDelay) setTimeout(() => response.destroy(), fault.dropDelay);
			else response.destroy();
		});
}

function contentsOf(files: HubServerOptions["files"]): Map<string, Buffer> {
	return new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
}

function isLarge(path: string): boolean {
	return /\.(safetensors|bin)$/.test(path);
}

export function sha256(content: string | Uint8Array): string {
	return createHash("sha256").update(content).digest("hex");
}

/** As `git hash-object` gives it. */
export function gitHash(content: Uint8Array): string {
	return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
