import { ArgumentError, checkNames, loadPart, shown } from "@drum/tensor";
import { givenRepository, type WeightsSource } from "./given-repository.ts";
import { isHubId } from "./hub-id.ts";
import type { Repository } from "./repository.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";
import { kindOfFile } from "./told-kind.ts";
import { tellUnusedRevision } from "./unused-revision.ts";
import { isAddress, UrlRepository } from "./url-repository.ts";

export async function openRepository(source: WeightsSource, options: RepositoryOptions = {}): Promise<Repository> {
	checkNames("openRepository", options, REPOSITORY_OPTIONS);
	const repository = givenRepository(source);
	if (repository) {
		tellUnusedRevision(options, "the files are given");
		return repository;
	}
	const given = typeof source === "string" ? source : "";
	if (isAddress(given)) {
		tellUnusedRevision(options, "the files are read from an address");
		return new UrlRepository(given, options);
	}
	if (isHubId(given)) {
		const { HubRepository } = await loadPart(() => import("./on-hub.ts"));
		return HubRepository.open(given, options);
	}
	const kind = source instanceof File ? await kindOfFile(source) : undefined;
	throw new ArgumentError({
		what: `checkpoint ${shown(source)}`,
		expected: "a folder's address that begins with http, / or ./, a hub repository's owner/name, or files",
		found: kind ? `a file: ${kind.is}` : "none of these",
		next: kind?.next ?? "Check the spelling",
	});
}
