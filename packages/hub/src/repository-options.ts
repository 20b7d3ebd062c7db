import { namesOf, type Warning } from "@drum/tensor";
import type { DownloadProgress, HubWait } from "./repository.ts";

/** How repositories are found, downloaded and cached. In Node.js, environment variables give the defaults. */
export interface RepositoryOptions {
	/** A hub repository's branch, tag or commit; default `main`. Has no effect on a source that is not on the hub, which a warning says. */
	revision?: string | undefined;
	/** Access token for gated and private repositories; default `HF_TOKEN`, else the file `token` in `HF_HOME`; `""` for none. */
	token?: string | undefined;
	/**
	 * Folder of the hub's cache, with the same layout as huggingface_hub's; default `HF_HUB_CACHE`, `HF_HOME/hub`, or
	 * `~/.cache/huggingface/hub`. `~` and environment variables in it are expanded. In a browser: a folder of the page's private file system
	 * (OPFS), default `huggingface/hub`; with `""` nothing is kept, and large files are read by range.
	 */
	cacheDir?: string | undefined;
	/** Use only files from the cache; default: true if `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`) is 1, true, yes or on. */
	offline?: boolean | undefined;
	/** The hub's URL; default `HF_ENDPOINT`, else the public hub. */
	endpoint?: string | undefined;
	/** Called as a file's bytes arrive; not for files that are already on this machine. */
	onProgress?: ((progress: DownloadProgress) => void) | undefined;
	/** Called when a call waits for something: an answer of the hub, the next try, another process. */
	onWait?: ((wait: HubWait) => void) | undefined;
	/** Called when a call continues in another way: it uses the cache because the hub does not answer, or drops a token that the hub refuses. */
	onWarning?: ((warning: Warning) => void) | undefined;
	/** Cancels requests; the call throws the signal's reason. What has arrived of a file is kept. */
	signal?: AbortSignal | undefined;
	/** Replaces the global `fetch`, and with it the proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. */
	fetch?: typeof fetch | undefined;
}

/** The names of all `RepositoryOptions`. */
export const REPOSITORY_OPTIONS = namesOf<RepositoryOptions>({
	revision: true,
	token: true,
	cacheDir: true,
	offline: true,
	endpoint: true,
	onProgress: true,
	onWait: true,
	onWarning: true,
	signal: true,
	fetch: true,
});

/** Picks those of `options` that `openRepository` takes. */
export function repositoryOptions(options: RepositoryOptions): RepositoryOptions {
	return Object.fromEntries(REPOSITORY_OPTIONS.map((name) => [name, options[name]]));
}
