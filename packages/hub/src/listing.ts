import { parseJson } from "@drum/tensor";
import { malformed } from "./hub-failures.ts";
import { isInside } from "./paths.ts";

/** A file of a repository as the hub lists it. */
export interface RemoteFile {
	path: string;
	/** Bytes. */
	size: number;
	/** SHA-256 of a large file's content, else git's SHA-1; the blob's name in the cache. */
	etag: string;
	/** Git's SHA-1 of what it keeps, which of a large file is a pointer. */
	blobId: string;
	/** Where the hub serves it in chunks, many at once: their hash. */
	xetHash: string | undefined;
}

/** A file of a hub repository, and how much of it is here. */
export interface HubFile {
	readonly path: string;
	/** Bytes, as the hub lists them. */
	readonly size: number;
	/** Bytes of them in the cache; of a download that was broken off, what had come. */
	readonly kept: number;
}

/** All files of a commit, by path. */
export type Listing = ReadonlyMap<string, RemoteFile>;

/** An entry of a list, from the hub or from the cache, of which nothing is trusted. */
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
 * @throws CheckpointError where its path leads out of the repository, or its hash or size is none.
 */
export function remoteFile(name: string, { path, size, blobId, large, xetHash }: Entry): RemoteFile {
	if (typeof path !== "string" || !isInside(path))
		throw malformed(name, "paths that stay inside of the repository", path);
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

/** A list as huggingface_hub keeps it in `trees/<commit>.json`. */
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

/** Undefined for a text that is no such list, or one of another version. */
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
