import { namesOf, type Warning } from "@drum/tensor";
import type { DownloadProgress, HubWait } from "./repository.ts";

export interface RepositoryOptions {
	/** A hub repository's branch, tag or commit; default `main`. A warning tells that it has no effect on what is elsewhere. */
	revision?: string | undefined;
	/** Access token, for gated and private repositories; default `HF_TOKEN`, else the file `token` in `HF_HOME`; `""` for none. */
	token?: string | undefined;
	/**
	 * The hub's cache, laid out as huggingface_hub does; default `HF_HUB_CACHE`, `HF_HOME/hub`, or `~/.cache/huggingface/hub`. `~` and
	 * variables of the environment in it are expanded. In a browser a folder of the page's private file system (OPFS), default
	 * `huggingface/hub`; with `""` nothing is kept, and large files are read by range.
	 */
	cacheDir?: string | undefined;
	/** Take files from the cache alone; default whether `HF_HUB_OFFLINE` (or `TRANSFORMERS_OFFLINE`) is 1, true, yes or on. */
	offline?: boolean | undefined;
	/** The hub's URL; default `HF_ENDPOINT`, else the public hub. */
	endpoint?: string | undefined;
	/** Called as a file's bytes arrive; not for files that are here already. */
	onProgress?: ((progress: DownloadProgress) => void) | undefined;
	/** Called when something outside is waited for: an answer of the hub, the next try, another process. */
	onWait?: ((wait: HubWait) => void) | undefined;
	/** Called when going on is right and saying nothing is not: the cache in place of a hub that does not answer, a token that is refused. */
	onWarning?: ((warning: Warning) => void) | undefined;
	/** Ends requests with the signal's reason. What has arrived of a file is kept. */
	signal?: AbortSignal | undefined;
	/** In place of the global `fetch`, and of the proxies that `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name. */
	fetch?: typeof fetch | undefined;
}

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

/** Those of more options that `openRepository` takes. */
export function repositoryOptions(options: RepositoryOptions): RepositoryOptions {
	return Object.fromEntries(REPOSITORY_OPTIONS.map((name) => [name, options[name]]));
}
