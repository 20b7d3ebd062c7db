import { ArgumentError, DownloadError, FileError, shown } from "@drum/tensor";
import { downloadBlob } from "./download.ts";
import { headOf, isFile } from "./folder.ts";
import { HubCache } from "./hub-cache.ts";
import { HubClient, type RemoteFile } from "./hub-client.ts";
import { gaveUp } from "./hub-failures.ts";
import type { RepositoryOptions } from "./open.ts";
import { isInside } from "./paths.ts";
import type { FileHead, Repository } from "./repository.ts";
import { Interruption, retrying } from "./retry.ts";
import { hubSettings } from "./settings.ts";

type Listing = ReadonlyMap<string, RemoteFile>;

/** A repository of the hub at one commit: files in the cache are used as they are, others are downloaded into it. */
export class HubRepository implements Repository {
	readonly name: string;
	readonly #options: RepositoryOptions;
	readonly #cache: HubCache;
	readonly #client: HubClient;
	/** Why the cache is all there is; undefined while the hub is asked. */
	#offline: string | undefined;
	#commit = "";
	#listing: Promise<Listing | undefined> | undefined;

	private constructor(name: string, options: RepositoryOptions, cache: HubCache, client: HubClient) {
		this.name = name;
		this.#options = options;
		this.#cache = cache;
		this.#client = client;
	}

	/** Finds the revision's commit: from the hub, or from the cache where the hub is not to be asked or does not answer. */
	static async open(name: string, options: RepositoryOptions): Promise<HubRepository> {
		const { revision = "main", signal } = options;
		signal?.throwIfAborted();
		if (!isInside(revision)) {
			throw new ArgumentError({ what: "revision", expected: "a branch, a tag or a commit", found: shown(revision) });
		}
		const settings = await hubSettings(options);
		const cache = new HubCache(settings.cacheDir, name);
		const repository = new HubRepository(name, options, cache, new HubClient(name, settings, options));
		if (settings.offline) repository.#offline = "offline, as set by HF_HUB_OFFLINE or the option";
		repository.#commit = await repository.#commitOf(revision);
		return repository;
	}

	async has(path: string): Promise<boolean> {
		if (!isInside(path)) return false;
		return (await isFile(this.#cache.snapshot(this.#commit, path))) || ((await this.#files())?.has(path) ?? false);
	}

	async list(): Promise<readonly string[]> {
		const files = await this.#files();
		return files ? [...files.keys()].sort() : this.#cache.files(this.#commit);
	}

	async file(path: string): Promise<string> {
		const local = this.#cache.snapshot(this.#commit, path);
		if (isInside(path) && (await isFile(local))) return local;
		const file = await this.#remote(path);
		const { onProgress, signal } = this.#options;
		await downloadBlob({
			what: `${this.name}/${path}`,
			file,
			blob: this.#cache.blob(file.etag),
			content: (offset) => this.#client.content(this.#commit, file, offset),
			onBytes: (loaded) => onProgress?.({ file: path, loaded, total: file.size }),
			signal,
		});
		return this.#cache.link(file.etag, this.#commit, path);
	}

	async head(path: string, length: number): Promise<FileHead> {
		const local = this.#cache.snapshot(this.#commit, path);
		if (isInside(path) && (await isFile(local))) return headOf(local, length);
		const file = await this.#remote(path);
		const receive = async (): Promise<FileHead> => {
			const bytes = new Uint8Array(Math.min(length, file.size));
			let at = 0;
			for await (const chunk of this.#client.content(this.#commit, file, 0, bytes.length)) {
				bytes.set(chunk.subarray(0, bytes.length - at), at);
				at += Math.min(chunk.length, bytes.length - at);
				if (at === bytes.length) return { bytes, size: file.size };
			}
			if (at < bytes.length) throw new Interruption(`the connection closed after ${at} of ${bytes.length} bytes`);
			return { bytes, size: file.size };
		};
		const what = `${this.name}/${path}`;
		return retrying(receive, { signal: this.#options.signal }).catch((error: unknown) => {
			throw gaveUp(error, what);
		});
	}

	async #remote(path: string): Promise<RemoteFile> {
		const files = await this.#files();
		if (files === undefined) throw this.#notCached(path);
		const file = files.get(path);
		if (file === undefined) throw new FileError({ what: `${this.name} has no file ${path}`, found: this.#commit });
		return file;
	}

	async #commitOf(revision: string): Promise<string> {
		if (/^[0-9a-f]{40}$/.test(revision)) return revision;
		const cached = await this.#cache.commitOf(revision);
		const commit = await this.#ask(() => this.#client.commitOf(revision), cached);
		if (commit !== undefined) {
			if (commit !== cached) await this.#cache.saveCommit(revision, commit);
			return commit;
		}
		if (cached === undefined) throw this.#notCached(`revision ${revision}`);
		return cached;
	}

	/** The hub's list of the commit's files; undefined where there is only the cache. Asked for once. */
	#files(): Promise<Listing | undefined> {
		this.#listing ??= this.#ask(() => this.#client.files(this.#commit), this.#commit).catch((error: unknown) => {
			this.#listing = undefined;
			throw error;
		});
		return this.#listing;
	}

	/** Asks the hub, unless offline. If it does not answer but the cache has files of `commit`, goes offline: undefined. */
	async #ask<T>(question: () => Promise<T>, commit: string | undefined): Promise<T | undefined> {
		if (this.#offline !== undefined) return undefined;
		const cached = commit !== undefined && (await this.#cache.files(commit)).length > 0;
		try {
			return await retrying(question, { attempts: cached ? 2 : 5, signal: this.#options.signal });
		} catch (error) {
			if (!cached || !(error instanceof Interruption)) throw gaveUp(error, this.name);
			this.#offline = `the hub cannot be reached: ${error.message}`;
			return undefined;
		}
	}

	#notCached(thing: string): DownloadError {
		return new DownloadError({
			what: `${this.name}: ${thing} is not in the cache ${this.#cache.root}`,
			found: this.#offline ?? "",
			next: "Run this once with the hub in reach, and without HF_HUB_OFFLINE",
		});
	}
}
