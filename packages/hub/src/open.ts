import { stat } from "node:fs/promises";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { expandPath } from "@drum/tensor/node";
import { FolderRepository } from "./folder.ts";
import { givenRepository, type WeightsSource } from "./given-repository.ts";
import { isHubId } from "./hub-id.ts";
import { HubRepository } from "./hub-repository.ts";
import type { Repository } from "./repository.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";
import { kindOfFile } from "./told-kind.ts";
import { tellUnusedRevision } from "./unused-revision.ts";

/**
 * Opens a checkpoint: an existing folder, else a repository `owner/name` of the hub, whose files come from the hub's
 * cache or are downloaded into it when they are asked for. A browser has no folders: there a source that begins with `/`, `./`, `../` or
 * `http` is a folder's address.
 *
 * @param source a folder, absolute, relative or beginning with `~`; or a hub id; or files, as `RepositorySource` has them
 * @throws ArgumentError if `source` is neither, or an option or a variable of the environment is malformed
 * @throws DownloadError if the hub has no such repository, or cannot be reached and the cache has none of it
 */
export async function openRepository(source: WeightsSource, options: RepositoryOptions = {}): Promise<Repository> {
	checkNames("openRepository", options, REPOSITORY_OPTIONS);
	const repository = givenRepository(source);
	if (repository) {
		tellUnusedRevision(options, "the files are given");
		return repository;
	}
	const given = typeof source === "string" ? source : "";
	const path = (await kindOf(given)) === undefined ? expandPath(given) : given;
	const found = await kindOf(path);
	if (found === "a folder") {
		tellUnusedRevision(options, `${given} is a folder on this machine`);
		return new FolderRepository(path);
	}
	if (found === undefined && isHubId(given)) return HubRepository.open(given, options);
	const kind = source instanceof File || found ? await kindOfFile(source instanceof File ? source : path) : undefined;
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
