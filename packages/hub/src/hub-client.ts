import { DownloadError, FileError } from "@drum/tensor";
import { downloadFile, fileDownloadInfo, HubApiError, listFiles, modelInfo, repoExists } from "@huggingface/hub";
import { answerOf, explained, malformed } from "./hub-failures.ts";
import { hubFetch } from "./hub-fetch.ts";
import type { RepositoryOptions } from "./open.ts";
import { isInside } from "./paths.ts";
import { Interruption } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a repository as the hub lists it. */
export interface RemoteFile {
	path: string;
	/** Bytes. */
	size: number;
	/** SHA-256 of a large file's content, else git's SHA-1; the blob's name in the cache. */
	etag: string;
	/** Whether the hub serves it in chunks, many at once. */
	xet: boolean;
}

/** One model repository on the hub. Throws an `Interruption` where another try may do, else the error for the user. */
export class HubClient {
	readonly #name: string;
	readonly #settings: HubSettings;
	readonly #signal: AbortSignal | undefined;
	readonly #request: { hubUrl: string; fetch: typeof fetch };
	#xetFails = false;

	constructor(name: string, settings: HubSettings, { signal, fetch = globalThis.fetch }: RepositoryOptions) {
		this.#name = name;
		this.#settings = settings;
		this.#signal = signal;
		this.#request = { hubUrl: settings.endpoint, fetch: hubFetch(fetch, settings, signal) };
	}

	/** The commit that a branch or tag means now. */
	async commitOf(revision: string): Promise<string> {
		try {
			const { sha } = await modelInfo({ ...this.#request, name: this.#name, revision, additionalFields: ["sha"] });
			if (!/^[0-9a-f]{40}$/.test(sha)) throw malformed(this.#name, "a commit's hash", sha);
			return sha;
		} catch (error) {
			throw await this.#explained(error, revision);
		}
	}

	/** All files of a commit, by path. */
	async files(commit: string): Promise<ReadonlyMap<string, RemoteFile>> {
		const files = new Map<string, RemoteFile>();
		try {
			const list = listFiles({ ...this.#request, repo: this.#repo(), revision: commit, recursive: true });
			for await (const { type, path, size, oid, lfs, xetHash } of list) {
				if (type !== "file") continue;
				const etag = lfs?.oid ?? oid ?? "";
				if (!isInside(path)) throw malformed(this.#name, "paths that stay inside of the repository", path);
				if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) throw malformed(this.#name, `a hash of ${path}`, etag);
				files.set(path, { path, size: lfs?.size ?? size, etag, xet: xetHash !== undefined });
			}
			return files;
		} catch (error) {
			throw await this.#explained(error, commit);
		}
	}

	/** A file's content from byte `offset` to before `end`. It may break off early without an error, or go on beyond `end`. */
	async *content(commit: string, file: RemoteFile, offset: number, end = file.size): AsyncGenerator<Uint8Array> {
		try {
			if (file.xet && !this.#xetFails) yield* this.#chunked(commit, file, offset, end);
			else yield* this.#plain(commit, file, offset, end);
		} catch (error) {
			this.#signal?.throwIfAborted();
			throw explained(error, this.#name, `${this.#name}/${file.path}`, this.#settings);
		}
	}

	/** Through the hub's chunk store. If that gives nothing, since a proxy or mirror has no way there, it is not tried again. */
	async *#chunked(commit: string, file: RemoteFile, offset: number, end: number): AsyncGenerator<Uint8Array> {
		const request = { ...this.#request, repo: this.#repo(), path: encoded(file.path), revision: commit };
		let given = 0;
		try {
			const downloadInfo = await fileDownloadInfo(request);
			const blob = downloadInfo?.xet && (await downloadFile({ ...request, downloadInfo }));
			if (!blob) throw new Error("the hub names no chunks");
			for await (const chunk of blob.slice(offset, end).stream()) {
				given += chunk.length;
				yield chunk;
			}
		} catch (error) {
			if (error instanceof HubApiError) throw error;
			if (given === 0) this.#xetFails = true;
			throw new Interruption(String(error), { cause: error });
		}
	}

	/** One request, and where the server ignores its range, the bytes after those that are here already. */
	async *#plain(commit: string, file: RemoteFile, offset: number, end: number): AsyncGenerator<Uint8Array> {
		const url = `${this.#settings.endpoint}/${this.#name}/resolve/${commit}/${encoded(file.path)}`;
		const range = `bytes=${offset}-${end < file.size ? end - 1 : ""}`;
		const response = await this.#request.fetch(url, {
			headers: { "Accept-Encoding": "identity", ...((offset > 0 || end < file.size) && { Range: range }) },
		});
		if (!response.ok || response.body === null) {
			const data = { error: (await response.text()).slice(0, 300) };
			throw Object.assign(new HubApiError(url, response.status, undefined, response.statusText), { data });
		}
		const start = Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? 0);
		if (start > offset) throw new Interruption(`asked for bytes from ${offset} on, was sent those from ${start} on`);
		let skip = offset - start;
		for await (const chunk of response.body) {
			if (chunk.length > skip) yield chunk.subarray(skip);
			skip = Math.max(0, skip - chunk.length);
		}
	}

	#repo() {
		return { type: "model", name: this.#name } as const;
	}

	/** The hub does not say whether a repository or its revision is missing, nor whether one that may not be read exists. */
	async #explained(error: unknown, revision: string): Promise<Error> {
		this.#signal?.throwIfAborted();
		if (!(error instanceof HubApiError) || ![401, 403, 404].includes(error.statusCode)) {
			return explained(error, this.#name, this.#name, this.#settings);
		}
		const { endpoint } = this.#settings;
		if (await repoExists({ ...this.#request, repo: this.#repo() }).catch(() => false)) {
			const next = `See ${endpoint}/${this.#name}/tree/main for its branches`;
			return new FileError({ what: `${this.#name} has no revision ${revision}`, next, cause: error });
		}
		return new DownloadError({
			what: `${this.#name} is neither a folder here nor a repository on ${endpoint} that may be read`,
			found: answerOf(error),
			next: "Check the spelling; if it is private, set HF_TOKEN to an access token that may read it",
			cause: error,
		});
	}
}

function encoded(path: string): string {
	return path.split("/").map(encodeURIComponent).join("/");
}
