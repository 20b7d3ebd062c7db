import { stat } from "node:fs/promises";
import { ArgumentError, checkNames, namesOf, shown, type Warning } from "@drum/tensor";
import { expandPath } from "@drum/tensor/node";
import { FolderRepository } from "./folder.ts";
import { HubRepository } from "./hub-repository.ts";
import type { DownloadProgress, HubWait, Repository } from "./repository.ts";
import { kindOfFile } from "./source-kind.ts";

export interface RepositoryOptions {
	/** A hub repository's branch, tag or commit; default `main`. */
	revision?: string | undefined;
	/** Access token, for gated and private repositories; default `HF_TOKEN`, else the file `token` in `HF_HOME`; `""` for none. */
	token?: string | undefined;
	/**
	 * The hub's cache, laid out as huggingface_hub does; default `HF_HUB_CACHE`, `HF_HOME/hub`, or `~/.cache/huggingface/hub`. `~` and
	 * variables of the environment in it are expanded.
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

/**
 * Opens a checkpoint: an existing folder, else a repository `owner/name` of the hub, whose files come from the hub's
 * cache or are downloaded into it when they are asked for.
 *
 * @param source a folder, absolute, relative or beginning with `~`; or a hub id
 * @throws ArgumentError if `source` is neither, or an option or a variable of the environment is malformed
 * @throws DownloadError if the hub has no such repository, or cannot be reached and the cache has none of it
 */
export async function openRepository(source: string, options: RepositoryOptions = {}): Promise<Repository> {
	checkNames("openRepository", options, REPOSITORY_OPTIONS);
	const given = typeof source === "string" ? source : "";
	const path = (await kindOf(given)) === undefined ? expandPath(given) : given;
	const found = await kindOf(path);
	if (found === "a folder") return new FolderRepository(path);
	if (found === undefined && isHubId(given)) return HubRepository.open(given, options);
	const kind = found && (await kindOfFile(path));
	throw new ArgumentError({
		what: `checkpoint ${shown(source)}`,
		expected: "an existing folder, or a hub repository's owner/name",
		found: kind ? `a file: ${kind.is}` : (found ?? "neither"),
		next: kind?.next ?? (found ? "Give the folder that holds it" : "Check the path and the spelling"),
	});
}

/** What lies at a path; undefined where nothing does. */
export async function kindOf(path: string): Promise<"a folder" | "a file" | undefined> {
	const found = await stat(path).catch(() => undefined);
	return found && (found.isDirectory() ? "a folder" : "a file");
}

/** The hub's rule for names, as huggingface_hub's `validate_repo_id` has it, but always with an owner. */
export function isHubId(source: string): boolean {
	const part = /^[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/;
	const parts = source.split("/");
	return (
		parts.length === 2 &&
		source.length <= 96 &&
		!/--|\.\.|\.git$/.test(source) &&
		parts.every((each) => part.test(each))
	);
}
