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
 * Finds one file of weights: a path on this machine, or a hub id with the file's path behind it, as `owner/name/model.safetensors`, or
 * the file's address on the hub's pages; or a `File`. Nothing else of the repository is looked for. Undefined where `source` names a folder or a
 * repository.
 * @throws ArgumentError for a path that ends in `.safetensors` where there is no such file, and for an address that is not the hub's;
 * what `openRepository` throws.
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
		// Whoever names a link means the file behind it.
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

/** Whether `source` is a file that is here, or reads as one's path on the hub or its address. Nothing is asked of the hub. */
export async function namesFile(source: WeightsSource): Promise<boolean> {
	if (source instanceof File) return true;
	const given = typeof source === "string" ? source : "";
	if (given.endsWith(".safetensors") || /^https?:/.test(given)) return true;
	return [await kindOf(given), await kindOf(expandPath(given))].includes("a file");
}
