import type { Job } from "@drum/demo/api";
import { notFound } from "./histories.ts";
import type { Store, StoredPicture } from "./store.ts";

/** Files of pictures, and addresses under which this tab shows them. */
export class Pictures {
	readonly #store: Store;
	readonly #urls = new Map<string, string>();

	constructor(store: Store) {
		this.#store = store;
	}

	async keep(picture: StoredPicture): Promise<void> {
		await this.#store.put("pictures", picture);
		this.#show(picture);
	}

	/** Gives each picture of a job an address. */
	async show({ pictures }: Job): Promise<void> {
		for (const { id } of pictures) {
			if (this.#urls.has(id)) continue;
			const picture = await this.#store.get("pictures", id);
			if (picture) this.#show(picture);
		}
	}

	/** The address of a picture that is shown. */
	urlOf(id: string): string {
		return this.#urls.get(id) ?? "";
	}

	/** The whole file. @throws Failure where there is none. */
	async whole(id: string): Promise<Uint8Array> {
		return new Uint8Array(await (await this.#picture(id)).whole.arrayBuffer());
	}

	/** The file as it is saved. @throws Failure where there is none. */
	async shared(id: string): Promise<Uint8Array> {
		return new Uint8Array(await (await this.#picture(id)).file.arrayBuffer());
	}

	async deleteOf({ pictures }: Job): Promise<void> {
		const ids = pictures.map(({ id }) => id);
		await this.#store.delete("pictures", ...ids);
		for (const id of ids) {
			URL.revokeObjectURL(this.urlOf(id));
			this.#urls.delete(id);
		}
	}

	async #picture(id: string): Promise<StoredPicture> {
		const picture = await this.#store.get("pictures", id);
		if (!picture) throw notFound("picture");
		return picture;
	}

	#show({ id, file }: StoredPicture): void {
		this.#urls.set(id, URL.createObjectURL(file));
	}
}
