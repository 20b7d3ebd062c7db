import { ArgumentError, checkNames, kindByName, loadPart, shown } from "@drum/tensor";
import { FilesRepository } from "./files-repository.ts";
import type { FoundFile } from "./found-file.ts";
import type { WeightsSource } from "./given-repository.ts";
import { REPOSITORY_OPTIONS, type RepositoryOptions } from "./repository-options.ts";
import { tellUnusedRevision } from "./unused-revision.ts";
import { isAddress, UrlRepository } from "./url-repository.ts";

export type { FoundFile } from "./found-file.ts";

export async function findFile(source: WeightsSource, options: RepositoryOptions = {}): Promise<FoundFile | undefined> {
	checkNames("findFile", options, REPOSITORY_OPTIONS);
	if (source instanceof File) {
		tellUnusedRevision(options, "the file is given");
		return fileOf(source);
	}
	if (typeof source !== "string") return undefined;
	const elsewhere = isAddress(source) && !(await isPageOfHub(source, options));
	const [, folder, name] = /^(.*\/)([^/?#]+\.safetensors)$/.exec(source) ?? [];
	if (elsewhere && folder !== undefined) {
		tellUnusedRevision(options, "the file is read from an address");
		return { repository: new UrlRepository(folder, options), path: name!, isLocal: false };
	}
	// Any other address is the address of a folder.
	const remote = elsewhere ? undefined : await (await loadPart(() => import("./on-hub.ts"))).fileOnHub(source, options);
	if (remote) return remote;
	const kind = kindByName(source);
	if (!kind) return undefined;
	throw new ArgumentError({ what: shown(source), expected: "a safetensors file", found: kind.is, next: kind.next });
}

export async function namesFile(source: WeightsSource): Promise<boolean> {
	return source instanceof File || (typeof source === "string" && source.endsWith(".safetensors"));
}

/** Whether an address is a page on the hub. Such a page is not the file, although its address may end like one. */
async function isPageOfHub(address: string, options: RepositoryOptions): Promise<boolean> {
	const host = URL.parse(address)?.host;
	if (host === "huggingface.co" || host === "hf.co") return true;
	if (host === undefined || options.endpoint === undefined) return false;
	const { hubSettings } = await loadPart(() => import("./on-hub.ts"));
	return host === new URL((await hubSettings(options)).endpoint).host;
}

function fileOf(file: File): FoundFile {
	return { repository: new FilesRepository(file.name, new Map([[file.name, file]])), path: file.name, isLocal: true };
}
