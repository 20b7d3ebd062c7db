import type { JobRequest, ProfileView, SimilarEntries } from "@drum/demo/api";
import { Failure } from "@drum/demo/page/failure";
import { cosine } from "@drum/demo/store/cosine";
import type { MadeProfile } from "../drawing/messages.ts";
import { notFound } from "./histories.ts";
import { newId } from "./new-id.ts";
import type { Store, StoredHistory, StoredProfile } from "./store.ts";

/** Profiles of the histories that this browser keeps. */
export class Profiles {
	readonly #store: Store;
	readonly #urls = new Map<string, string>();

	constructor(store: Store) {
		this.#store = store;
	}

	/** The one that was made for the same request of the history as it is. */
	async find(history: StoredHistory, request: JobRequest): Promise<StoredProfile | undefined> {
		const key = keyOf(history, request);
		return (await this.#store.all("profiles")).find((profile) => profile.key === key);
	}

	async keep(history: StoredHistory, request: JobRequest, made: MadeProfile): Promise<StoredProfile> {
		const { picks, map, variance, features, file, warnings } = made;
		const id = newId();
		const about = { id, historyId: history.id, model: request.model, createdAt: new Date().toISOString() };
		const view = { ...about, picks, map, variance };
		const { entries } = history;
		const profile = {
			id,
			historyId: history.id,
			key: keyOf(history, request),
			view,
			entries,
			features,
			file,
			warnings,
		};
		await this.#store.put("profiles", profile);
		// A prompt may have been removed while it was made.
		await this.forgetRemoved();
		return profile;
	}

	/** Deletes those that tell of a prompt, or of a history, that was deleted or reworded since: of what is removed nothing stays. */
	async forgetRemoved(): Promise<void> {
		const histories = new Map((await this.#store.all("histories")).map((history) => [history.id, history]));
		for (const { id, historyId, entries } of await this.#store.all("profiles")) {
			const prompts = new Map(histories.get(historyId)?.entries.map((entry) => [entry.id, entry.prompt]));
			if (entries.every((entry) => prompts.get(entry.id) === entry.prompt)) continue;
			await this.#store.delete("profiles", id);
			URL.revokeObjectURL(this.urlOf(id));
			this.#urls.delete(id);
		}
	}

	/** @throws Failure where there is none. */
	async view(id: string): Promise<ProfileView> {
		const profile = await this.#store.get("profiles", id);
		if (!profile) throw notFound("profile");
		const history = await this.#store.get("histories", profile.historyId);
		if (!this.#urls.has(id)) this.#urls.set(id, URL.createObjectURL(profile.file));
		return { ...profile.view, current: JSON.stringify(history?.entries) === JSON.stringify(profile.entries) };
	}

	/** The address of a profile's file, once it was viewed. */
	urlOf(id: string): string {
		return this.#urls.get(id) ?? "";
	}

	/**
	 * Entries of a history nearest to one, by their text features.
	 * @throws Failure where no profile has the entry's.
	 */
	async similar(historyId: string, entryId: string, model: string, limit: number): Promise<SimilarEntries> {
		const profiles = (await this.#store.all("profiles")).filter(
			({ view, entries }) =>
				view.historyId === historyId && view.model === model && entries.some(({ id }) => id === entryId),
		);
		const newest = profiles.sort((a, b) => b.view.createdAt.localeCompare(a.view.createdAt))[0];
		if (!newest) throw new Failure("The model has not read this prompt", 409, "Choose the coreset again.");
		const { entries, features } = newest;
		const width = features.length / entries.length;
		const featureOf = (row: number) => features.subarray(row * width, (row + 1) * width);
		const own = featureOf(entries.findIndex(({ id }) => id === entryId));
		return entries
			.map((entry, row) => ({ entry, similarity: cosine(own, featureOf(row)) }))
			.filter(({ entry }) => entry.id !== entryId)
			.sort((a, b) => b.similarity - a.similarity)
			.slice(0, limit);
	}
}

function keyOf({ id, entries }: StoredHistory, { model, ratio, size, halfLife }: JobRequest): string {
	const share = [ratio ?? null, size ?? null, ...(halfLife === undefined ? [] : [halfLife])];
	return JSON.stringify([model, ...share, id, entries]);
}
