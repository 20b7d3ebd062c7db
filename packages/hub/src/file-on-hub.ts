import { ArgumentError, shown } from "@drum/tensor";
import type { FoundFile } from "./found-file.ts";
import { isHubId } from "./hub-id.ts";
import { HubRepository } from "./hub-repository.ts";
import { isInside } from "./paths.ts";
import type { RepositoryOptions } from "./repository-options.ts";
import { hubSettings } from "./settings.ts";

/**
 * Finds the file of a hub id with a path behind it, or of an address on the hub's pages; undefined if `source` is neither.
 * @throws ArgumentError for an address that is not the hub's, or a second revision; what `openRepository` throws
 */
export async function fileOnHub(source: string, options: RepositoryOptions): Promise<FoundFile | undefined> {
	const remote = (await ofAddress(source, options)) ?? ofPath(source);
	if (!remote) return undefined;
	const { revision = options.revision } = remote;
	const repository = await HubRepository.open(remote.id, { ...options, revision });
	return { repository, path: remote.path, isLocal: false };
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

/** `https://…/owner/name/blob/main/file.safetensors`, copied from the address bar or from a download link. */
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
			next: "Leave out the revision, or change the address",
		});
	}
	return { id: found.id!, path, revision };
}
