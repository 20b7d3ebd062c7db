// Types of the page's private file system, which Node's types lack: https://fs.spec.whatwg.org

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
 * Opens a folder of the page's private file system. With `create`, makes it if it is missing.
 * @throws what the browser throws: a NotFoundError if it is missing, others in a private window or on a page without https
 */
export async function openOpfs(path: string, create: boolean): Promise<OpfsFolder> {
	const root = await storage()?.getDirectory?.();
	if (!root) throw new Error("this page has no private file system");
	let folder = root;
	for (const name of path.split("/").filter((each) => each !== ""))
		folder = await folder.getDirectoryHandle(name, { create });
	return folder;
}

/** A file's content; undefined if there is no such file. */
export async function readOpfs(folder: OpfsFolder, name: string): Promise<File | undefined> {
	const handle = await folder.getFileHandle(name).catch(() => undefined);
	return handle?.getFile();
}

/** Writes a file. Until it is complete, the old content (or no file) stays. */
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

/** How many more bytes the page may keep; undefined if the browser does not say. */
export async function roomInOpfs(): Promise<number | undefined> {
	const { usage, quota } = (await storage()?.estimate?.()) ?? {};
	return quota === undefined ? undefined : quota - (usage ?? 0);
}
