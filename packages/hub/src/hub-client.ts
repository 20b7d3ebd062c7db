import { DownloadError, FileError } from "@drum/tensor";
import { explained, isTokenRefused, malformed, tokenRefused } from "./hub-failures.ts";
import { HubFetch } from "./hub-fetch.ts";
import {
	downloadFile,
	fileDownloadInfo,
	HubApiError,
	listFiles,
	modelInfo,
	repoExists,
	TAKES_CHUNKS,
} from "./hub-questions.ts";
import { type Listing, type RemoteFile, remoteFile } from "./listing.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { Refusal } from "./requests/refusal.ts";
import { Interruption } from "./retry.ts";
import type { HubSettings } from "./settings.ts";

/** One model repository on the hub. Throws an `Interruption` if another try may help, else the error for the user. */
export class HubClient {
	readonly #name: string;
	readonly #settings: HubSettings;
	readonly #signal: AbortSignal | undefined;
	readonly #fetch: HubFetch;
	#xetFails = false;

	constructor(name: string, settings: HubSettings, options: RepositoryOptions) {
		this.#name = name;
		this.#settings = settings;
		this.#signal = options.signal;
		this.#fetch = new HubFetch(settings, options);
	}

	/** The commit that a branch or tag refers to now. */
	async commitOf(revision: string): Promise<string> {
		try {
			const { sha } = await modelInfo({ ...this.#question(), name: this.#name, revision, additionalFields: ["sha"] });
			if (typeof sha !== "string" || !/^[0-9a-f]{40}$/.test(sha)) throw malformed(this.#name, "a commit's hash", sha);
			return sha;
		} catch (error) {
			throw await this.#explained(error, revision);
		}
	}

	/** All files of a commit, by path. */
	async files(commit: string): Promise<Listing> {
		const files = new Map<string, RemoteFile>();
		try {
			const list = listFiles({ ...this.#question(), repo: this.#repo(), revision: commit, recursive: true });
			for await (const { type, path, size, oid, lfs, xetHash } of list) {
				if (type !== "file") continue;
				const large = lfs && { sha256: lfs.oid, size: lfs.size };
				files.set(path, remoteFile(this.#name, { path, size, blobId: oid, large, xetHash }));
			}
			return files;
		} catch (error) {
			throw await this.#explained(error, commit);
		}
	}

	/** A file's content from byte `offset` up to, not including, `end`. It may stop early without an error, or continue beyond `end`. */
	async *content(commit: string, file: RemoteFile, offset: number, end = file.size): AsyncGenerator<Uint8Array> {
		try {
			if (TAKES_CHUNKS && file.xetHash !== undefined && !this.#xetFails)
				yield* this.#chunked(commit, file, offset, end);
			else yield* this.#plain(commit, file, offset, end);
		} catch (error) {
			this.#signal?.throwIfAborted();
			throw explained(error, this.#name, `${this.#name}/${file.path}`, this.#settings);
		}
	}

	/** Downloads through the hub's chunk store. If nothing comes, because a proxy or mirror cannot reach it, it is not tried again. */
	async *#chunked(commit: string, file: RemoteFile, offset: number, end: number): AsyncGenerator<Uint8Array> {
		const place = { hubUrl: this.#settings.endpoint, repo: this.#repo(), path: encoded(file.path), revision: commit };
		let given = 0;
		try {
			const downloadInfo = await fileDownloadInfo({ ...place, fetch: this.#fetch.question(this.#name) });
			const blob = downloadInfo?.xet && (await downloadFile({ ...place, fetch: this.#fetch.chunks, downloadInfo }));
			if (!blob) throw new Error("the hub names no chunks");
			for await (const chunk of blob.slice(offset, end).stream()) {
				given += chunk.length;
				yield chunk;
			}
		} catch (error) {
			if (error instanceof Refusal) throw error;
			if (given === 0) this.#xetFails = true;
			throw error instanceof Interruption ? error : new Interruption(String(error), { cause: error });
		}
	}

	/** Downloads with one request. If the server ignores the range, skips the bytes before `offset`. */
	async *#plain(commit: string, file: RemoteFile, offset: number, end: number): AsyncGenerator<Uint8Array> {
		const url = `${this.#settings.endpoint}/${this.#name}/resolve/${commit}/${encoded(file.path)}`;
		const range = `bytes=${offset}-${end < file.size ? end - 1 : ""}`;
		const { status, headers, body } = await this.#fetch.content(url, {
			headers: { "Accept-Encoding": "identity", ...((offset > 0 || end < file.size) && { Range: range }) },
		});
		// A browser may hide this header if the store is on another origin.
		const start = Number(
			/^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1] ?? (status === 206 ? offset : 0),
		);
		if (start > offset) throw new Interruption(`asked for bytes from ${offset}, got bytes from ${start}`);
		let skip = offset - start;
		for await (const chunk of body ?? []) {
			if (chunk.length > skip) yield chunk.subarray(skip);
			skip = Math.max(0, skip - chunk.length);
		}
	}

	#question() {
		return { hubUrl: this.#settings.endpoint, fetch: this.#fetch.question(this.#name) };
	}

	#repo() {
		return { type: "model", name: this.#name } as const;
	}

	/** Finds out what a refusal means. The hub does not say whether the repository or only its revision is missing, or access is denied. */
	async #explained(error: unknown, revision: string): Promise<Error> {
		this.#signal?.throwIfAborted();
		if (!(error instanceof Refusal) || ![401, 403, 404].includes(error.status) || error.reason === "GatedRepo") {
			return explained(error, this.#name, this.#name, this.#settings);
		}
		if (isTokenRefused(error)) return tokenRefused(error, this.#name, this.#settings);
		const { endpoint, token } = this.#settings;
		if (error.status === 404 && (await this.#exists())) {
			const next = `See ${endpoint}/${this.#name}/tree/main for its branches`;
			return new FileError({ what: `${this.#name} has no revision ${revision}`, next, cause: error });
		}
		const may = token
			? `check that the access token of ${token.from} may read it`
			: "set HF_TOKEN to an access token that may read it";
		return new DownloadError({
			what: `${this.#name} is neither a folder here nor a repository on ${endpoint} that may be read`,
			found: error.message,
			next: `Check the spelling; if it is private, ${may}`,
			cause: error,
		});
	}

	#exists(): Promise<boolean> {
		return repoExists({ ...this.#question(), repo: this.#repo() }).catch((error: unknown) => {
			if (error instanceof Refusal || error instanceof HubApiError) return false;
			throw error;
		});
	}
}

function encoded(path: string): string {
	return path.split("/").map(encodeURIComponent).join("/");
}
