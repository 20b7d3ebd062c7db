import { BlobBytes, type ByteSource, FileError } from "@drum/tensor";
import type { Bringing } from "./bringing.ts";
import { notFetched } from "./hub-failures.ts";
import { fillBlob, keptBytes, wholeBlob } from "./kept-blob.ts";
import { type Listing, parseListing, type RemoteFile, savedListing } from "./listing.ts";
import { type OpfsFolder, openOpfs, readOpfs, roomInOpfs, writeOpfs } from "./opfs.ts";
import { RemoteBytes, readSmall, SMALL } from "./remote-bytes.ts";
import { withTabLock } from "./tab-lock.ts";

/** One model's part of the page's private file system: revisions, lists of files, and downloaded files by their hash. */
export class HubCache {
	readonly root: string;
	/** Why nothing is kept; undefined while files are kept. */
	#unkept: string | undefined;
	readonly #listings = new Map<string, Promise<Listing | undefined>>();
	/** Small files that are not kept, by hash, so that each is fetched once. */
	readonly #memory = new Map<string, Promise<ByteSource>>();

	constructor(cacheDir: string, name: string) {
		this.root = `${cacheDir}/models--${name.replace("/", "--")}`;
		if (cacheDir === "") this.#unkept = "";
	}

	async commitOf(revision: string): Promise<string | undefined> {
		return (await this.#text("refs", revision))?.trim();
	}

	async saveCommit(revision: string, commit: string): Promise<void> {
		await this.#keepText("refs", revision, commit);
	}

	listing(commit: string): Promise<Listing | undefined> {
		const known =
			this.#listings.get(commit) ??
			this.#text("trees", commit).then((text) => (text === undefined ? undefined : parseListing(this.root, text)));
		this.#listings.set(commit, known);
		return known;
	}

	async saveListing(commit: string, listing: Listing): Promise<void> {
		this.#listings.set(commit, Promise.resolve(listing));
		await this.#keepText("trees", commit, savedListing(listing));
	}

	async files(commit: string): Promise<string[]> {
		const paths = [...((await this.listing(commit))?.keys() ?? [])];
		const here = await Promise.all(paths.map((path) => this.has(commit, path)));
		return paths.filter((_, i) => here[i]).sort();
	}

	async has(commit: string, path: string): Promise<boolean> {
		return (await this.open(commit, path)) !== undefined;
	}

	/** How many bytes of a file are kept, including those of an interrupted download. */
	async kept(_: string, { etag, size }: RemoteFile): Promise<number> {
		const folder = await this.#folder(`blobs/${etag}`, false);
		return folder ? Math.min(await keptBytes(folder), size) : 0;
	}

	async open(commit: string, path: string): Promise<ByteSource | undefined> {
		const file = (await this.listing(commit))?.get(path);
		if (!file) return undefined;
		const folder = await this.#folder(`blobs/${file.etag}`, false);
		const blob = folder && (await wholeBlob(folder, file.size));
		return blob && new BlobBytes(blob, path);
	}

	/** Downloads a file, or the rest of it. If nothing is kept, a large file is read by range. */
	async bring(_: string, bringing: Bringing): Promise<ByteSource> {
		const { file, what, signal } = bringing;
		try {
			const folder = await this.#folder(`blobs/${file.etag}`);
			if (folder) return new BlobBytes(await this.#fill(folder, bringing), file.path);
			if (this.#unkept) this.#warn(bringing);
			if (file.size > SMALL) return new RemoteBytes(bringing);
			const known = this.#memory.get(file.etag) ?? readSmall(bringing);
			this.#memory.set(file.etag, known);
			known.catch(() => this.#memory.delete(file.etag));
			return await known;
		} catch (error) {
			signal?.throwIfAborted();
			throw notFetched(error, what);
		}
	}

	async #fill(folder: OpfsFolder, bringing: Bringing): Promise<Blob> {
		const { file, what, onBytes, onOther, signal } = bringing;
		return withTabLock(`${this.root}/${file.etag}`, { onOther, signal }, async () => {
			const whole = await wholeBlob(folder, file.size);
			if (whole) {
				onBytes(file.size);
				return whole;
			}
			const room = await roomInOpfs();
			const needed = file.size - (await keptBytes(folder));
			if (room !== undefined && room < needed) throw noRoom(what, `${needed} bytes free`, `${room}`);
			try {
				return await fillBlob(folder, bringing);
			} catch (error) {
				if ((error as Error).name !== "QuotaExceededError") throw error;
				throw noRoom(what, `${needed} bytes free`, (error as Error).message, error);
			}
		});
	}

	#told = false;
	#warn({ what, onWarning }: Bringing): void {
		if (this.#told) return;
		this.#told = true;
		const message = `Downloads are not kept and will be fetched again next time, because the page has no usable storage: ${this.#unkept}.`;
		onWarning?.({ code: "not-cached", what, message });
	}

	/** Opens a folder; undefined if nothing is kept, or the folder is missing and `create` is false. */
	async #folder(path: string, create = true): Promise<OpfsFolder | undefined> {
		if (this.#unkept !== undefined) return undefined;
		try {
			return await openOpfs(`${this.root}/${path}`, create);
		} catch (error) {
			if ((error as Error).name === "NotFoundError") return undefined;
			this.#unkept = (error as Error).message || (error as Error).name;
			return undefined;
		}
	}

	async #text(folder: string, name: string): Promise<string | undefined> {
		const found = await this.#folder(folder, false);
		return found && (await readOpfs(found, encodeURIComponent(name)))?.text();
	}

	/** Saves a text. A failure is ignored, because the text can be fetched again. */
	async #keepText(folder: string, name: string, text: string): Promise<void> {
		const found = await this.#folder(folder);
		if (found) await writeOpfs(found, encodeURIComponent(name), new Blob([text])).catch(() => {});
	}
}

function noRoom(what: string, expected: string, found: string, cause?: unknown): FileError {
	return new FileError({
		what: `no room in the browser's storage for ${what}`,
		expected,
		found,
		next: 'Free some of this site\'s storage, or keep nothing with cacheDir: ""',
		cause,
	});
}
