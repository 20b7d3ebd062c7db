import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { isHubId } from "./hub-id.ts";
import type { HubFile } from "./listing.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";

/**
 * Lists all files of a hub repository with their sizes in bytes, and how many bytes of each are in the cache. It tells what a download will
 * fetch before it begins. Only the list itself is fetched.
 *
 * @param id `owner/name`
 * @throws ArgumentError if `id` is not a hub id
 * @throws DownloadError if the hub is not asked or does not answer, and the cache has no list
 * @throws what `openRepository` throws
 */
export async function hubFiles(id: string, options: RepositoryOptions = {}): Promise<readonly HubFile[]> {
	checkNames("hubFiles", options, REPOSITORY_OPTIONS);
	if (!isHubId(id))
		throw new ArgumentError({ what: "id", expected: "a hub repository's owner/name", found: shown(id) });
	const { HubRepository } = await import("./on-hub.ts");
	return (await HubRepository.open(id, options)).extents();
}
