import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { expandPath, kindByName } from "@drum/tensor/node";
import { fileOnHub } from "./file-on-hub.ts";
import { FilesRepository } from "./files-repository.ts";
import { FolderRepository } from "./folder.ts";
import type { FoundFile } from "./found-file.ts";
import { givenRepository, type WeightsSource } from "./given-repository.ts";
import { kindOf } from "./open.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";
import { tellUnusedRevision } from "./unused-revision.ts";

/**
 * Finds one file of weights, without the rest of its repository: a path on this machine, a hub id with the file's path behind it
 * (`owner/name/model.safetensors`), the file's address on the hub's pages, or a `File`.
 * @returns undefined if `source` is a folder or a repository
 * @throws ArgumentError for a path to `.safetensors` that does not exist, a file of a known other kind, an address that is not the hub's, or
 * a revision that differs from the address
 * @throws what `openRepository` throws
 */
export async function findFile(source: WeightsSource, options: RepositoryOptions = {}): Promise<FoundFile | undefined> {
	checkNames("findFile", options, REPOSITORY_OPTIONS);
	if (source instanceof File) {
		tellUnusedRevision(options, "the file is given");
		const files = new Map([[source.name, source]]);
		return { repository: new FilesRepository(source.name, files), path: source.name, isLocal: true };
	}
	if (givenRepository(source)) return undefined;
	const given = typeof source === "string" ? source : "";
	const path = (await kindOf(given)) === undefined ? expandPath(given) : given;
	const found = await kindOf(path);
	if (found === "a file") {
		tellUnusedRevision(options, `${given} is on this machine`);
		// A link that the user names stands for the file behind it.
		const real = await realpath(path);
		return { repository: new FolderRepository(dirname(real)), path: basename(real), isLocal: true };
	}
	if (found !== undefined) return undefined;
	const remote = await fileOnHub(given, options);
	if (remote) return remote;
	const kind = kindByName(given);
	if (kind) {
		throw new ArgumentError({ what: shown(source), expected: "a safetensors file", found: kind.is, next: kind.next });
	}
	if (!given.endsWith(".safetensors")) return undefined;
	throw new ArgumentError({ what: shown(source), expected: "a file", found: "no such file", next: "Check the path" });
}

/** Whether `source` is a file on this machine, or has the form of a file's path on the hub or of an address. Does not ask the hub. */
export async function namesFile(source: WeightsSource): Promise<boolean> {
	if (source instanceof File) return true;
	const given = typeof source === "string" ? source : "";
	if (given.endsWith(".safetensors") || /^https?:/.test(given)) return true;
	return [await kindOf(given), await kindOf(expandPath(given))].includes("a file");
}
