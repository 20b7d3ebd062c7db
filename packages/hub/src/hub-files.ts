import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { isHubId } from "./hub-id.ts";
import type { HubFile } from "./listing.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";

/**
 * All files of a hub repository with their sizes, and how much of each is in the cache: what a download will fetch, before it begins.
 * Nothing but the list is fetched.
 *
 * @param id `owner/name`
 * @throws ArgumentError for another source; DownloadError where the hub is not asked, or does not answer, and the list was not kept; what
 * `openRepository` throws
 */
export async function hubFiles(id: string, options: RepositoryOptions = {}): Promise<readonly HubFile[]> {
	checkNames("hubFiles", options, REPOSITORY_OPTIONS);
	if (!isHubId(id))
		throw new ArgumentError({ what: "id", expected: "a hub repository's owner/name", found: shown(id) });
	const { HubRepository } = await import("./on-hub.ts");
	return (await HubRepository.open(id, options)).extents();
}
