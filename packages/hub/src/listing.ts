import { parseJson } from "@drum/tensor";
import { malformed } from "./hub-failures.ts";
import { isInside } from "./paths.ts";

/** A file of a repository as the hub lists it. */
export interface RemoteFile {
	path: string;
	/** In bytes. */
	size: number;
	/** SHA-256 of a large file's content, else git's SHA-1. It is the blob's name in the cache. */
	etag: string;
	/** Git's SHA-1 of the file, or of the pointer that git stores for a large file. */
	blobId: string;
	/** The hash of its chunks, if the hub's chunk store has the file. */
	xetHash: string | undefined;
}

/** A file of a hub repository, and how much of it is in the cache. */
export interface HubFile {
	readonly path: string;
	/** Size in bytes, as the hub lists it. */
	readonly size: number;
	/** How many of these bytes are in the cache, including those of an interrupted download. */
	readonly kept: number;
}

/** All files of a commit, by path. */
export type Listing = ReadonlyMap<string, RemoteFile>;

/** An unchecked entry of a list, from the hub or from the cache. */
interface Entry {
	path: unknown;
	size: unknown;
	blobId: unknown;
	large?: { sha256: unknown; size: unknown } | undefined;
	xetHash?: unknown;
}

/**
 * Checks an entry of a list.
 * @param name the repository, for messages
 * @throws CheckpointError if its path leads out of the repository, or its hash or size is invalid
 */
export function remoteFile(name: string, { path, size, blobId, large, xetHash }: Entry): RemoteFile {
	if (typeof path !== "string" || !isInside(path)) throw malformed(name, "paths that stay inside the repository", path);
	const etag = large ? large.sha256 : blobId;
	if (typeof etag !== "string" || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag))
		throw malformed(name, "a hash of each file", etag);
	const bytes = large ? large.size : size;
	if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0)
		throw malformed(name, "a size of each file, in bytes", bytes);
	const id = typeof blobId === "string" && /^[0-9a-f]{40}$/.test(blobId) ? blobId : "0".repeat(40);
	const chunks = typeof xetHash === "string" && xetHash !== "" ? xetHash : undefined;
	return { path, size: bytes, etag, blobId: id, xetHash: chunks };
}

interface Saved {
	format_version: 1;
	files: Record<string, { size: number; blob_id: string; lfs_sha256?: string; lfs_size?: number; xet_hash?: string }>;
}

/** A list in the form in which huggingface_hub saves it in `trees/<commit>.json`. */
export function savedListing(listing: Listing): string {
	const files: Saved["files"] = {};
	for (const path of [...listing.keys()].sort()) {
		const { size, etag, blobId, xetHash } = listing.get(path)!;
		const large = etag.length === 64 && { lfs_sha256: etag, lfs_size: size };
		const chunks = xetHash !== undefined && /^[0-9a-f]{64}$/.test(xetHash) && { xet_hash: xetHash };
		files[path] = { size, blob_id: blobId, ...large, ...chunks };
	}
	return JSON.stringify({ format_version: 1, files } satisfies Saved, undefined, 1);
}

/** Reads a saved list; undefined for text that is not such a list, or has another version. */
export function parseListing(name: string, text: string): Listing | undefined {
	try {
		const { format_version, files } = parseJson(text) as Partial<Saved>;
		if (format_version !== 1 || typeof files !== "object" || files === null) return undefined;
		const entries = Object.entries(files).map(([path, { size, blob_id, lfs_sha256, lfs_size, xet_hash }]) => {
			const large =
				lfs_sha256 === undefined || lfs_sha256 === null ? undefined : { sha256: lfs_sha256, size: lfs_size };
			return remoteFile(name, { path, size, blobId: blob_id, large, xetHash: xet_hash });
		});
		return new Map(entries.map((file) => [file.path, file]));
	} catch {
		return undefined;
	}
}
