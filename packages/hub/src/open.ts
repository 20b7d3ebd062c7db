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
 * Opens a checkpoint: an existing folder, or else a repository `owner/name` on the hub. Files of a hub repository come from the cache, or
 * are downloaded into it when they are first opened. A browser has no folders: there, a source that starts with `/`, `./`, `../` or `http`
 * is the address of a folder.
 *
 * @param source a folder (absolute, relative or starting with `~`), a hub id, or files (see `RepositorySource`)
 * @throws ArgumentError if `source` is none of these, or an option or an environment variable is invalid
 * @throws DownloadError if the hub has no such repository or refuses access, or cannot be reached and the cache has no files of it
 * @throws FileError if the hub's repository has no such revision
 * @throws CheckpointError if the hub's answer is malformed
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

/** What is at a path; undefined if nothing is. */
export async function kindOf(path: string): Promise<"a folder" | "a file" | undefined> {
	const found = await stat(path).catch(() => undefined);
	return found && (found.isDirectory() ? "a folder" : "a file");
}
