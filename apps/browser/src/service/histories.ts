import type { Entry, HistorySummary, Item, NewHistory } from "@drum/demo/api";
import { MOST_ENTRIES } from "@drum/demo/api/limits";
import { Failure } from "@drum/demo/page/failure";
import { newId } from "./new-id.ts";
import type { Store, StoredHistory } from "./store.ts";

/** As it is written: the intensity may be left open. */
type NewItem = NonNullable<NewHistory["items"]>[number];

const NOT_FOUND = 404;

export function notFound(what: string): Failure {
	return new Failure(`There is no such ${what}`, NOT_FOUND);
}

/** The histories that this browser keeps. One change at a time: each reads and writes a whole history. */
export class Histories {
	readonly #store: Store;
	#last: Promise<unknown> = Promise.resolve();

	constructor(store: Store) {
		this.#store = store;
	}

	/** Those changed last come first. */
	async list(): Promise<HistorySummary[]> {
		const all = await this.#store.all("histories");
		return all.sort((a, b) => b.updatedAt.localeCompare(a.updatedAt)).map(summaryOf);
	}

	/** @throws Failure where there is none. */
	async get(id: string): Promise<StoredHistory> {
		const history = await this.#store.get("histories", id);
		if (!history) throw notFound("history");
		return history;
	}

	async create({ name, items = [] }: NewHistory): Promise<HistorySummary> {
		const history = { id: newId(), name, updatedAt: now(), entries: entriesOf(items) };
		checkRoom(history.entries.length);
		await this.#store.put("histories", history);
		return summaryOf(history);
	}

	rename = (id: string, name: string) =>
		this.#change(id, (history) => {
			history.name = name;
		});

	/** @throws Failure where the history has no room for them; then none is added. */
	async add(id: string, items: readonly NewItem[]): Promise<Entry[]> {
		const entries = entriesOf(items);
		await this.#change(id, (history) => {
			checkRoom(history.entries.length + entries.length);
			history.entries.push(...entries);
		});
		return entries;
	}

	change = (id: string, entryId: string, change: Partial<Item>) =>
		this.#change(id, ({ entries }) => {
			const entry = entries.find((each) => each.id === entryId);
			if (!entry) throw notFound("entry");
			Object.assign(entry, change);
		});

	remove = (id: string, entryId: string) =>
		this.#change(id, (history) => {
			const left = history.entries.filter((each) => each.id !== entryId);
			if (left.length === history.entries.length) throw notFound("entry");
			history.entries = left;
		});

	/** @throws Failure where there is none. */
	async delete(id: string): Promise<void> {
		await this.get(id);
		await this.#store.delete("histories", id);
	}

	#change(id: string, change: (history: StoredHistory) => void): Promise<void> {
		const done = this.#last.then(async () => {
			const history = await this.get(id);
			change(history);
			history.updatedAt = now();
			await this.#store.put("histories", history);
		});
		this.#last = done.catch(() => {});
		return done;
	}
}

function summaryOf({ id, name, updatedAt, entries }: StoredHistory): HistorySummary {
	return { id, name, updatedAt, count: entries.length };
}

function entriesOf(items: readonly NewItem[]): Entry[] {
	return items.map(({ prompt, intensity = 1, at = now() }) => ({ id: newId(), prompt: prompt.trim(), intensity, at }));
}

function checkRoom(entries: number): void {
	if (entries <= MOST_ENTRIES) return;
	throw new Failure("The history has no room for them", 409, `Expected at most ${MOST_ENTRIES} entries in a history.`);
}

function now(): string {
	return new Date().toISOString();
}
