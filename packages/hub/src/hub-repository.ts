import {
	ArgumentError,
	type ByteSource,
	CheckpointError,
	DownloadError,
	DrumError,
	FileError,
	shown,
} from "@drum/tensor";
import { checkWay } from "./check-way.ts";
import { HubCache } from "./hub-cache.ts";
import { HubClient } from "./hub-client.ts";
import { notFetched } from "./hub-failures.ts";
import type { HubFile, Listing, RemoteFile } from "./listing.ts";
import { isInside } from "./paths.ts";
import { type FileHead, headOf, inRepository, type Repository } from "./repository.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { Interruption, type Retries, retrying } from "./retry.ts";
import { type HubSettings, hubSettings } from "./settings.ts";
import { checkTextSize } from "./text-size.ts";

/**
 * By a hub's URL: until when (in milliseconds of `performance.now`) it is not asked if the cache is enough, because it gave no answer in time.
 */
const silent = new Map<string, number>();
const SILENT_FOR = 60_000;
/** Longest wait, in milliseconds, that a server may ask for if the cache is enough. */
const PATIENCE = 10_000;

/** A hub repository at one commit. Files in the cache are used as they are; others are downloaded into it. */
export class HubRepository implements Repository {
	readonly name: string;
	readonly #options: RepositoryOptions;
	readonly #settings: HubSettings;
	readonly #cache: HubCache;
	readonly #client: HubClient;
	readonly #revision: string;
	/** Why only the cache is used; undefined while the hub is asked. */
	#offline: string | undefined;
	#commit = "";
	#listing: Promise<Listing | undefined> | undefined;

	private constructor(name: string, options: RepositoryOptions, settings: HubSettings) {
		this.name = name;
		this.#options = options;
		this.#settings = settings;
		this.#cache = new HubCache(settings.cacheDir, name);
		this.#client = new HubClient(name, settings, options);
		this.#revision = options.revision ?? "main";
		if (settings.offline !== undefined) this.#offline = `offline, as set by ${settings.offline}`;
	}

	/**
	 * Finds the revision's commit: from the hub, or from the cache if the hub is not asked or does not answer.
	 * @throws as `openRepository`
	 */
	static async open(name: string, options: RepositoryOptions): Promise<HubRepository> {
		const { revision = "main", signal } = options;
		signal?.throwIfAborted();
		if (typeof revision !== "string" || !isInside(revision)) {
			throw new ArgumentError({ what: "revision", expected: "a branch, a tag or a commit", found: shown(revision) });
		}
		const settings = await hubSettings(options);
		const repository = new HubRepository(name, options, settings);
		if (repository.#offline === undefined) checkWay(settings, options);
		repository.#commit = await repository.#findCommit();
		return repository;
	}

	async has(path: string): Promise<boolean> {
		if (!isInside(path)) return false;
		return (await this.#cache.has(this.#commit, path)) || ((await this.#files())?.has(path) ?? false);
	}

	async list(): Promise<readonly string[]> {
		const files = await this.#files();
		return files ? [...files.keys()].sort() : this.#cache.files(this.#commit);
	}

	/** All files of the repository. @throws DownloadError if the hub is not asked or does not answer, and the cache has no list */
	async extents(): Promise<readonly HubFile[]> {
		const files = await this.#files();
		if (files === undefined) throw this.#notCached("its list of files");
		const extent = async ({ path, size }: RemoteFile, kept: Promise<number>) => ({ path, size, kept: await kept });
		return Promise.all([...files.values()].map((file) => extent(file, this.#cache.kept(this.#commit, file))));
	}

	async file(path: string): Promise<ByteSource> {
		const file = await this.#file(path);
		return file.beside ? file : inRepository(this, path, file);
	}

	async #file(path: string): Promise<ByteSource> {
		const local = await this.#local(path);
		if (local !== undefined) return local;
		const file = await this.#remote(path);
		if (this.#offline !== undefined) throw await this.#unusable(file);
		checkTextSize(`${this.name}/${path}`, file.size);
		const { onProgress, onWait, onWarning, signal } = this.#options;
		return this.#cache.bring(this.#commit, {
			what: `${this.name}/${path}`,
			file,
			content: (offset, end) => this.#client.content(this.#commit, file, offset, end),
			onBytes: (loaded) => onProgress?.({ file: path, loaded, total: file.size }),
			onOther: () => onWait?.({ what: `another process that downloads ${this.name}/${path}`, milliseconds: undefined }),
			onPause: this.#onPause,
			onWarning,
			signal,
		});
	}

	async head(path: string, length: number): Promise<FileHead> {
		const local = await this.#local(path);
		if (local !== undefined) return headOf(local, length);
		const file = await this.#remote(path);
		if (this.#offline !== undefined) throw await this.#unusable(file);
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
		const retries = { signal: this.#options.signal, onPause: this.#onPause };
		return retrying(receive, retries).catch((error: unknown) => {
			throw notFetched(error, `${this.name}/${path}`);
		});
	}

	absent(thing: string): DownloadError | undefined {
		return this.#offline === undefined ? undefined : this.#notCached(thing);
	}

	/** A file from the cache; undefined if it is missing, or has another size than the hub lists (if the list is known). */
	async #local(path: string): Promise<ByteSource | undefined> {
		if (!isInside(path) || !(await this.#cache.has(this.#commit, path))) return undefined;
		// A commit that the user gave by its hash is served without asking the hub.
		const asked = this.#listing !== undefined || this.#revision !== this.#commit;
		const listing = asked ? await this.#files() : await this.#cache.listing(this.#commit);
		const file = listing?.get(path);
		const local = await this.#cache.open(this.#commit, path);
		return file === undefined || local?.size === file.size ? local : undefined;
	}

	async #remote(path: string): Promise<RemoteFile> {
		const files = await this.#files();
		const file = files?.get(path);
		if (file !== undefined) return file;
		if (files === undefined) throw this.#notCached(path);
		const next = `See ${this.#settings.endpoint}/${this.name}/tree/${this.#commit} for its files`;
		throw new FileError({ what: `${this.name} has no file ${path} at commit ${this.#commit}`, next });
	}

	async #findCommit(): Promise<string> {
		if (/^[0-9a-f]{40}$/.test(this.#revision)) return this.#revision;
		const cached = await this.#cache.commitOf(this.#revision);
		const commit = await this.#ask(() => this.#client.commitOf(this.#revision), cached);
		if (commit !== undefined) {
			if (commit !== cached) await this.#cache.saveCommit(this.#revision, commit);
			return commit;
		}
		if (cached === undefined) throw this.#notCached(`revision ${this.#revision}`);
		return cached;
	}

	/** The commit's list of files, saved or from the hub; undefined if only the cache is used and has none. Loaded once. */
	#files(): Promise<Listing | undefined> {
		this.#listing ??= this.#findListing().catch((error: unknown) => {
			this.#listing = undefined;
			throw error;
		});
		return this.#listing;
	}

	async #findListing(): Promise<Listing | undefined> {
		const saved = await this.#cache.listing(this.#commit);
		if (saved !== undefined) return saved;
		const listing = await this.#ask(() => this.#client.files(this.#commit), this.#commit);
		if (listing !== undefined) await this.#cache.saveListing(this.#commit, listing);
		return listing;
	}

	/** Asks the hub, unless offline. If the answer is not usable but the cache has files of `commit`, goes offline and returns undefined. */
	async #ask<T>(question: () => Promise<T>, commit: string | undefined): Promise<T | undefined> {
		if (this.#offline !== undefined) return undefined;
		const { endpoint } = this.#settings;
		const cached = commit !== undefined && (await this.#cache.files(commit)).length > 0;
		const patience = cached ? { attempts: 2, longestWait: PATIENCE } : {};
		try {
			if (cached && (silent.get(endpoint) ?? 0) > performance.now()) {
				throw new Interruption("it gave no answer a moment ago", { silent: true });
			}
			// If the cache is enough, a hub that was silent is not asked a second time.
			const again = ({ silent }: Interruption) => !cached || !silent;
			return await retrying(question, { ...patience, again, signal: this.#options.signal, onPause: this.#onPause });
		} catch (error) {
			if (error instanceof Interruption && error.silent) silent.set(endpoint, performance.now() + SILENT_FOR);
			if (!cached || !(error instanceof Interruption || cacheWillDo(error))) throw notFetched(error, this.name);
			this.#goOffline(error as Error);
			return undefined;
		}
	}

	#goOffline(error: Error): void {
		const { endpoint } = this.#settings;
		this.#offline = error instanceof Interruption ? `the hub cannot be reached: ${error.message}` : error.message;
		this.#options.onWarning?.({
			code: "hub-unreachable",
			what: this.name,
			message: `${endpoint} gave no usable answer (${error.message}). Files from the cache are used, which may be older.`,
		});
	}

	readonly #onPause: NonNullable<Retries["onPause"]> = ({ message }, milliseconds) => {
		this.#options.onWait?.({ what: `the next try for ${this.name}, after ${message}`, milliseconds });
	};

	#notCached(thing: string): DownloadError {
		return new DownloadError({
			what: `${this.name}: ${thing} is not in the cache ${this.#cache.root}`,
			found: this.#offline ?? "",
			next: "Run this once with access to the hub, and without HF_HUB_OFFLINE or the option offline",
		});
	}

	/** The error for a listed file that cannot be fetched now: it is missing, or has the wrong size. */
	async #unusable({ path, size }: RemoteFile): Promise<Error> {
		const local = await this.#cache.open(this.#commit, path);
		if (!local) return this.#notCached(path);
		return new CheckpointError({
			what: `${local.name} in the hub's cache`,
			expected: `${size} bytes, as the hub lists it`,
			found: `${local.size} bytes: it is damaged`,
			next: `Run this with access to the hub, to download it again (now: ${this.#offline})`,
		});
	}
}

/** Whether the cache may be used instead: after a refusal or a malformed answer, but not for a missing revision. */
function cacheWillDo(error: unknown): boolean {
	return DrumError.is(error) && (error.code === "download" || error.code === "checkpoint");
}
