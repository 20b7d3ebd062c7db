/** Where a page keeps the files of larger models. */
export interface ModelStorage {
	/** Whether anything can be kept. */
	keeps(): Promise<boolean>;
	/** How many more bytes may be kept, where the browser says so. */
	room(): Promise<number | undefined>;
	/** The folder of a model, as `cacheDir`. */
	folder(id: string): string;
	/** Removes it with all that is in it. */
	remove(id: string): Promise<void>;
}

/** The folder of the page's private file system that has a folder for each model. */
const MODELS = "models";

/** The page's private file system (OPFS). */
export const pageStorage: ModelStorage = {
	keeps: () =>
		root().then(
			(found) => found !== undefined,
			() => false,
		),
	async room() {
		const { usage = 0, quota } = (await navigator.storage?.estimate()) ?? {};
		return quota === undefined ? undefined : quota - usage;
	},
	folder: (id) => `${MODELS}/${id}`,
	async remove(id) {
		const models = await (await root())?.getDirectoryHandle(MODELS, { create: true });
		await models?.removeEntry(id, { recursive: true }).catch((error: Error) => {
			if (error.name !== "NotFoundError") throw error;
		});
	},
};

async function root(): Promise<FileSystemDirectoryHandle | undefined> {
	return navigator.storage?.getDirectory?.();
}
