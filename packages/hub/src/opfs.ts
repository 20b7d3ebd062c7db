// The page's private file system, of which Node's types know nothing: https://fs.spec.whatwg.org

export interface OpfsFile {
	getFile(): Promise<File>;
	createWritable(): Promise<{ write(data: Blob): Promise<void>; close(): Promise<void>; abort(): Promise<void> }>;
}

export interface OpfsFolder {
	getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<OpfsFolder>;
	getFileHandle(name: string, options?: { create?: boolean }): Promise<OpfsFile>;
	removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>;
}

interface Storage {
	getDirectory?(): Promise<OpfsFolder>;
	estimate?(): Promise<{ usage?: number; quota?: number }>;
}

const storage = (): Storage | undefined => (globalThis.navigator as { storage?: Storage } | undefined)?.storage;

/**
 * A folder of the page's private file system, made with `create` where it is missing.
 * @throws what the browser throws: a NotFoundError where it is missing, others where the page is private or not served by https.
 */
export async function openOpfs(path: string, create: boolean): Promise<OpfsFolder> {
	const root = await storage()?.getDirectory?.();
	if (!root) throw new Error("this page has no private file system");
	let folder = root;
	for (const name of path.split("/").filter((each) => each !== ""))
		folder = await folder.getDirectoryHandle(name, { create });
	return folder;
}

/** A file's content, or undefined where there is none. */
export async function readOpfs(folder: OpfsFolder, name: string): Promise<File | undefined> {
	const handle = await folder.getFileHandle(name).catch(() => undefined);
	return handle?.getFile();
}

/** Writes a file: the old one stays, or is missing, until the new one is whole. */
export async function writeOpfs(folder: OpfsFolder, name: string, content: Blob): Promise<void> {
	const handle = await folder.getFileHandle(name, { create: true });
	const writable = await handle.createWritable();
	try {
		await writable.write(content);
		await writable.close();
	} catch (error) {
		await writable.abort().catch(() => {});
		throw error;
	}
}

/** Bytes that the page may still keep, as far as the browser tells. */
export async function roomInOpfs(): Promise<number | undefined> {
	const { usage, quota } = (await storage()?.estimate?.()) ?? {};
	return quota === undefined ? undefined : quota - (usage ?? 0);
}
