import { realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ArgumentError, checkNames, shown } from "@drum/tensor";
import { expandPath, kindByName } from "@drum/tensor/node";
import { FolderRepository } from "./folder.ts";
import { HubRepository } from "./hub-repository.ts";
import { isHubId, kindOf, REPOSITORY_OPTIONS, type RepositoryOptions } from "./open.ts";
import { isInside } from "./paths.ts";
import type { Repository } from "./repository.ts";
import { hubSettings } from "./settings.ts";

/** A file, and the repository or the folder that it lies in. */
export interface FoundFile {
	readonly repository: Repository;
	/** Its path there. */
	readonly path: string;
	/** Whether it lies on this machine, so that a revision says nothing. */
	readonly isLocal: boolean;
}

/**
 * Finds one file of weights: a path on this machine, or a hub id with the file's path behind it, as `owner/name/model.safetensors`, or
 * the file's address on the hub's pages. Nothing else of the repository is looked for. Undefined where `source` names a folder or a
 * repository.
 * @throws ArgumentError for a path that ends in `.safetensors` where there is no such file, and for an address that is not the hub's;
 * what `openRepository` throws.
 */
export async function findFile(source: string, options: RepositoryOptions = {}): Promise<FoundFile | undefined> {
	checkNames("findFile", options, REPOSITORY_OPTIONS);
	const given = typeof source === "string" ? source : "";
	const path = (await kindOf(given)) === undefined ? expandPath(given) : given;
	const found = await kindOf(path);
	if (found === "a file") {
		// Whoever names a link means the file behind it.
		const real = await realpath(path);
		return { repository: new FolderRepository(dirname(real)), path: basename(real), isLocal: true };
	}
	if (found !== undefined) return undefined;
	const remote = (await ofAddress(given, options)) ?? ofPath(given);
	if (remote) {
		const { revision = options.revision } = remote;
		const repository = await HubRepository.open(remote.id, { ...options, revision });
		return { repository, path: remote.path, isLocal: false };
	}
	const kind = kindByName(given);
	if (kind) {
		throw new ArgumentError({ what: shown(source), expected: "a safetensors file", found: kind.is, next: kind.next });
	}
	if (!given.endsWith(".safetensors")) return undefined;
	throw new ArgumentError({ what: shown(source), expected: "a file", found: "no such file", next: "Check the path" });
}

/** Whether `source` is a file that is here, or reads as one's path on the hub or its address. Nothing is asked of the hub. */
export async function namesFile(source: string): Promise<boolean> {
	const given = typeof source === "string" ? source : "";
	if (given.endsWith(".safetensors") || /^https?:/.test(given)) return true;
	return [await kindOf(given), await kindOf(expandPath(given))].includes("a file");
}

interface Remote {
	readonly id: string;
	readonly path: string;
	readonly revision?: string | undefined;
}

/** `owner/name/folder/file.safetensors`. */
function ofPath(source: string): Remote | undefined {
	const [owner, name, ...steps] = source.split("/");
	const [id, path] = [`${owner}/${name}`, steps.join("/")];
	return path.endsWith(".safetensors") && isInside(path) && isHubId(id) ? { id, path } : undefined;
}

const PUBLIC_HUB = ["huggingface.co", "hf.co"];

/** `https://…/owner/name/blob/main/file.safetensors`, as a browser or its download link has it. */
async function ofAddress(source: string, options: RepositoryOptions): Promise<Remote | undefined> {
	const bare = PUBLIC_HUB.some((host) => source.startsWith(`${host}/`));
	if (!bare && !/^https?:\/\//.test(source)) return undefined;
	const address = URL.parse(bare ? `https://${source}` : source);
	const endpoint = new URL((await hubSettings(options)).endpoint);
	const found =
		/^\/(?<id>[^/]+\/[^/]+)\/(?:blob|resolve|raw)\/(?<revision>refs\/[^/]+\/[^/]+|[^/]+)\/(?<path>.+\.safetensors)$/.exec(
			address?.pathname ?? "",
		)?.groups;
	const isHub = address && [...PUBLIC_HUB, endpoint.host].includes(address.host);
	if (!isHub || !found || !isHubId(found.id!)) {
		throw new ArgumentError({
			what: shown(source),
			expected: "a safetensors file's address on the hub, …/owner/name/blob/main/file.safetensors",
			found: "another address",
			next: "Download it and give its path",
		});
	}
	const [revision, path] = [decodeURIComponent(found.revision!), decodeURIComponent(found.path!)];
	if (options.revision !== undefined && options.revision !== revision) {
		throw new ArgumentError({
			what: "revision",
			expected: `${shown(revision)}, as the address says, or none`,
			found: shown(options.revision),
		});
	}
	return { id: found.id!, path, revision };
}
