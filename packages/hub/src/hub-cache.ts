import { copyFile, link, mkdir, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { LocalFile, readTextFile } from "@drum/tensor/node";
import { getRepoFolderName } from "@huggingface/hub";
import type { Bringing } from "./bringing.ts";
import { writing } from "./disk-failures.ts";
import { downloadBlob, isWhole } from "./download.ts";
import { filesUnder, isFile } from "./folder.ts";
import { type Listing, parseListing, type RemoteFile, savedListing } from "./listing.ts";
import { largestPart } from "./parts.ts";

/** In bytes; a commit has 40 characters. */
const LONGEST_REF = 1000;

/**
 * One model's part of the hub's cache. It has the same layout as in huggingface_hub, so both use each other's downloads:
 * `refs/<revision>` contains a commit, `snapshots/<commit>/<path>` links to `blobs/<etag>`.
 */
export class HubCache {
	readonly root: string;

	constructor(cacheDir: string, name: string) {
		this.root = join(cacheDir, getRepoFolderName({ type: "model", name }));
	}

	/** The commit that a branch or tag referred to when the hub was last asked. */
	async commitOf(revision: string): Promise<string | undefined> {
		const text = await readTextFile(join(this.root, "refs", revision), { most: LONGEST_REF }).catch(() => undefined);
		return text?.trim();
	}

	async saveCommit(revision: string, commit: string): Promise<void> {
		const path = join(this.root, "refs", revision);
		await writing(`revision ${revision}`, dirname(path), () => replaceText(path, commit));
	}

	/** The list of a commit's files, saved by this package or by huggingface_hub. */
	async listing(commit: string): Promise<Listing | undefined> {
		const text = await readTextFile(this.#listingPath(commit)).catch(() => undefined);
		return text === undefined ? undefined : parseListing(this.root, text);
	}

	/** Saves a commit's list, which never changes. If the cache cannot be written, the list is not saved. */
	async saveListing(commit: string, listing: Listing): Promise<void> {
		await replaceText(this.#listingPath(commit), savedListing(listing)).catch(() => {});
	}

	#listingPath(commit: string): string {
		return join(this.root, "trees", `${commit}.json`);
	}

	/** Whether the cache has a file, of any size. */
	has(commit: string, path: string): Promise<boolean> {
		return isFile(this.snapshot(commit, path));
	}

	/** How many bytes of a file the cache has, including those of an interrupted download. */
	async kept(commit: string, { path, size, etag }: RemoteFile): Promise<number> {
		const isHere = (await isWhole(this.snapshot(commit, path), size)) || (await isWhole(this.blob(etag), size));
		return isHere ? size : Math.min((await largestPart(this.blob(etag)))?.size ?? 0, size);
	}

	/** Opens a file of the cache, of any size; undefined if there is none. */
	async open(commit: string, path: string): Promise<LocalFile | undefined> {
		return (await this.has(commit, path)) ? LocalFile.open(this.snapshot(commit, path)) : undefined;
	}

	/** Downloads a file, or the rest of it. */
	async bring(commit: string, bringing: Bringing): Promise<LocalFile> {
		await downloadBlob({ ...bringing, blob: this.blob(bringing.file.etag) });
		return LocalFile.open(await this.link(bringing.file, commit));
	}

	snapshot(commit: string, path = ""): string {
		return join(this.root, "snapshots", commit, path);
	}

	blob(etag: string): string {
		return join(this.root, "blobs", etag);
	}

	async files(commit: string): Promise<string[]> {
		return (await filesUnder(this.snapshot(commit)).catch(() => [])).sort();
	}

	/** Links a blob into the snapshot, and replaces a file or link of another size. */
	async link({ etag, size, path }: RemoteFile, commit: string): Promise<string> {
		const at = this.snapshot(commit, path);
		const blob = this.blob(etag);
		if (await isWhole(at, size)) return at;
		const fresh = `${at}.${crypto.randomUUID()}`;
		await writing(path, dirname(at), async () => {
			await mkdir(dirname(at), { recursive: true });
			try {
				// Windows without developer mode allows no symbolic links, but a hard link takes no space either. A blob may itself be a link
				// into huggingface_hub's store for all repositories, so the hard link goes to the real file.
				await symlink(relative(dirname(at), blob), fresh)
					.catch(async () => link(await realpath(blob), fresh))
					.catch(() => copyFile(blob, fresh));
				await rename(fresh, at);
			} finally {
				await rm(fresh, { force: true });
			}
		});
		return at;
	}
}

async function replaceText(path: string, text: string): Promise<void> {
	const fresh = `${path}.${crypto.randomUUID()}`;
	await mkdir(dirname(path), { recursive: true });
	try {
		await writeFile(fresh, text);
		await rename(fresh, path);
	} finally {
		await rm(fresh, { force: true });
	}
}
